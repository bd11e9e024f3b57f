using System.Globalization;

namespace FastMlp.Onnx.Import;

/// <summary>Operators of the domain ai.onnx.ml, as scikit-learn's pipelines are exported.</summary>
internal static class MachineLearning
{
    /// <summary>(x - offset) scale.</summary>
    public static Value Scaler(Call call)
    {
        Signal signal = call.Signal();
        double[] offset = PerFeature("offset", 0);
        double[] scale = PerFeature("scale", 1);
        return signal.Plus([.. offset.Select(value => -value)]).Times(scale);

        double[] PerFeature(string name, double otherwise)
        {
            IList<float> given = call.Node.Floats(name);
            if (given.Count > 1 && signal.Width < 0 && signal.FeatureDims.Length == 1)
            {
                throw WidthWantedException.For(signal, given.Count);
            }

            return given.Count == 0 ? [otherwise]
                : given.Count == 1 || given.Count == signal.Width ? [.. given.Select(value => (double)value)]
                : throw call.Refuse($"has {given.Count} values in {name} for {signal.Width} features.");
        }
    }

    public static Value LinearRegressor(Call call) => LinearModel(call, call.Node.Int("targets", 1));

    /// <summary>The labels, which are not supported, and the scores.</summary>
    public static Value?[] LinearClassifier(Call call)
    {
        string[] names = ClassNames(call.Node, "classlabels_strings", "classlabels_ints");
        call.Context.NameClasses(names);
        return [null, LinearModel(call, names.Length)];
    }

    /// <summary>x / sum |x|, where the sum is 1 already: behind a softmax, or a sigmoid of two scores that are the negatives of each other.</summary>
    public static Value Normalizer(Call call)
    {
        Signal signal = call.Signal();
        if (call.Node.Text("norm", "MAX") == "L1" && signal.IsPlain && AddsUpToOne(signal.Base))
        {
            call.Context.Notes.Add($"{call.Node} is left out: the numbers before it add up to 1.");
            return signal;
        }

        throw call.Refuse("divides a row by its own size, which no dense layer does; only L1 behind probabilities that add up to 1 is supported, where it changes nothing.");
    }

    /// <summary>Columns picked by their numbers.</summary>
    public static Value ArrayFeatureExtractor(Call call)
    {
        Signal signal = call.Signal();
        if (signal.IsTransposed || signal.FeatureDims.Length != 1 || signal.Width < 0)
        {
            throw call.Refuse($"picks along the last axis of {Words.Shape(signal.Dims)}; there, a known number of features was expected.");
        }

        return Axes.Selected(call, signal, [.. call.Constant(1, "its columns").Values.Select(index => Folding.Index(call, index, signal.Width))]);
    }

    public static Value FeatureVectorizer(Call call) => Axes.Concat(call);

    /// <summary>Gaps filled with a constant.</summary>
    public static Value Imputer(Call call)
    {
        Signal signal = call.Signal();
        IList<float> fills = call.Node.Floats("imputed_value_floats");
        if (!float.IsNaN((float)call.Node.Float("replaced_value_float", 0)) || (fills.Count != 1 && fills.Count != signal.Width))
        {
            throw call.Refuse($"replaces {call.Node.Float("replaced_value_float", 0)} by {fills.Count} numbers in {signal.Width} columns; NaN, by one number or one for each, is supported.");
        }

        OnnxColumn[] columns = [.. RawColumns(call, signal).Select((raw, i) => new OnnxColumn(raw.Input.Name, raw.Column, raw.Input.IsText ? throw call.Refuse("fills gaps in a column of texts; numbers are supported.") : fills[fills.Count == 1 ? 0 : i]))];
        return signal.On(new EncodedExpression(columns, call.Name));
    }

    /// <summary>One feature for each known text or number; none of them for another one.</summary>
    public static Value OneHotEncoder(Call call)
    {
        Signal signal = call.Signal();
        string[] categories = ClassNames(call.Node, "cats_strings", "cats_int64s");
        if (categories.Length == 0 || categories.Distinct(StringComparer.Ordinal).Count() != categories.Length)
        {
            throw call.Refuse($"has {categories.Length} categories; at least one, and each once, was expected.");
        }

        OnnxColumn[] columns = [.. RawColumns(call, signal).Select(raw => new OnnxColumn(raw.Input.Name, raw.Column, categories))];
        return signal.On(new EncodedExpression(columns, call.Name)) with { FeatureDims = [.. signal.FeatureDims, categories.Length] };
    }

    /// <summary>A number for each known text, and one for all others.</summary>
    public static Value LabelEncoder(Call call)
    {
        Signal signal = call.Signal();
        IList<string> keys = call.Node.Texts("keys_strings");
        double[] values = [.. call.Node.Has("values_floats") ? call.Node.Floats("values_floats").Select(value => (double)value) : call.Node.Ints("values_int64s").Select(value => (double)value)];
        double otherwise = call.Node.Has("values_floats") ? call.Node.Float("default_float", 0) : call.Node.Int("default_int64", -1);
        if (keys.Count == 0 || keys.Count != values.Length || keys.Distinct(StringComparer.Ordinal).Count() != keys.Count)
        {
            throw call.Refuse($"has {keys.Count} texts and {values.Length} numbers; a number for each text, and each text once, was expected.");
        }

        OnnxColumn[] columns = [.. RawColumns(call, signal).Select(raw => new OnnxColumn(raw.Input.Name, raw.Column, keys))];
        int width = columns.Length;
        call.Budget.Consider(call.Name, width, width * values.Length);
        double[] weight = new double[width * width * values.Length];
        for (int column = 0; column < width; column++)
        {
            for (int i = 0; i < values.Length; i++)
            {
                weight[(((column * width) + column) * values.Length) + i] = values[i] - otherwise;
            }
        }

        Signal encoded = signal.Along(new EncodedExpression(columns, call.Name));
        return signal.On(new LinearExpression(width, call.Name, [new Term(encoded, weight, 0, width)], isMade: true)).Plus(otherwise);
    }

    /// <summary>Texts or numbers of an attribute as texts.</summary>
    public static string[] ClassNames(Node node, string texts, string numbers) => node.Texts(texts) is { Count: > 0 } names
        ? [.. names]
        : [.. node.Ints(numbers).Select(number => number.ToString(CultureInfo.InvariantCulture))];

    /// <summary>The columns of the graph's inputs that the signal is, one for each feature.</summary>
    private static List<(InputExpression Input, int Column)> RawColumns(Call call, Signal signal)
    {
        List<(InputExpression, int)> columns = [];
        if (signal.Width < 1)
        {
            throw call.Refuse("comes before the number of columns is known; give the input a shape.");
        }

        Follow(signal, 0, signal.Width, 0);
        return columns.Count == signal.Width ? columns : throw Misplaced();

        void Follow(Signal part, int first, int count, int depth)
        {
            switch (part.Base)
            {
                case InputExpression input when part.IsPlain:
                    columns.AddRange(Enumerable.Range(first, count).Select(column => (input, column)));
                    break;
                case LinearExpression { OnlyPlaces: true } linear when part.IsPlain && depth < TensorReader.MostAxes:
                    foreach (Term term in linear.Terms.OrderBy(term => term.Row))
                    {
                        int from = Math.Max(first, term.Row);
                        int to = Math.Min(first + count, term.Row + term.Rows);
                        if (from < to)
                        {
                            Follow(term.Input, term.Column + from - term.Row, to - from, depth + 1);
                        }
                    }

                    break;
                default:
                    throw Misplaced();
            }
        }

        ModelFormatException Misplaced() => call.Refuse("does not stand directly behind the graph's inputs; gaps and texts are supported there only.");
    }

    private static Signal LinearModel(Call call, long outputs)
    {
        IList<float> coefficients = call.Node.Floats("coefficients");
        IList<float> intercepts = call.Node.Floats("intercepts");
        if (outputs < 1 || coefficients.Count == 0 || coefficients.Count % outputs != 0 || (intercepts.Count != 0 && intercepts.Count != outputs))
        {
            throw call.Refuse($"has {coefficients.Count} coefficients and {intercepts.Count} intercepts for {outputs} outputs; a row of coefficients and an intercept for each were expected.");
        }

        call.Context.Tensors.Found(coefficients.Count);
        (int rows, int columns) = ((int)outputs, (int)(coefficients.Count / outputs));
        Constant weight = new([columns, rows], Matrix.Transposed([.. coefficients.Select(value => (double)value)], rows, columns), ElementType.Float);
        Signal scores = Linear.Dense(call, call.Signal(), weight);
        if (intercepts.Count > 0)
        {
            scores = scores.Plus([.. intercepts.Select(value => (double)value)]);
        }

        return call.Node.Text("post_transform", "NONE") switch
        {
            "NONE" => scores,
            "LOGISTIC" => call.Activated(scores, Activation.Sigmoid),
            "SOFTMAX" when outputs > 1 => call.Activated(scores, Activation.Softmax),
            string other => throw call.Refuse($"has the post_transform {Words.Quote(other)} for {outputs} outputs; NONE, LOGISTIC and, for two and more, SOFTMAX are supported."),
        };
    }

    private static bool AddsUpToOne(Expression expression) => expression is ActivationExpression activation
        && (activation.Activation == Activation.Softmax || (activation.Activation == Activation.Sigmoid && AreOpposites(activation.Input)));

    private static bool AreOpposites(Signal scores)
    {
        if (scores.Width != 2 || scores.Base is not LinearExpression { Terms: [{ Weight: { } weight, Rows: 2 } term] } || scores.ShiftAt(0) != -scores.ShiftAt(1) || scores.ScaleAt(0) != scores.ScaleAt(1))
        {
            return false;
        }

        int inputs = term.Input.Width;
        return Enumerable.Range(0, inputs).All(i => weight[i] == -weight[inputs + i]);
    }
}
