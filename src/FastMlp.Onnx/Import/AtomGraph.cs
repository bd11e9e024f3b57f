namespace FastMlp.Onnx.Import;

/// <summary>
/// Expressions to atoms: everything affine between two atoms becomes one form, in double precision, so that each atom is what one
/// layer computes.
/// </summary>
internal sealed class AtomGraph
{
    // Of features that are put beside each other again and again; networks have a few.
    private const int MostBlocks = 4096;

    private readonly ImportContext context;
    private readonly IReadOnlyList<Expression> sources;
    private readonly Dictionary<Expression, int> columns = [];
    private readonly Dictionary<Expression, int> uses = [];
    private readonly Dictionary<Expression, (double[] Scale, double[] Shift)> absorbed = [];
    private readonly Dictionary<Expression, Atom> atoms = [];
    private readonly Dictionary<Expression, AffineForm> forms = [];
    private int count = 1;

    /// <param name="context">Options, budget and notes.</param>
    /// <param name="sources">What a row of the network is made of, one behind another.</param>
    /// <param name="order">All expressions that the output needs, each behind its inputs.</param>
    /// <param name="output">The last signal.</param>
    public AtomGraph(ImportContext context, IReadOnlyList<Expression> sources, IReadOnlyList<Expression> order, Signal output)
    {
        this.context = context;
        this.sources = sources;
        int width = 0;
        foreach (Expression source in sources)
        {
            columns[source] = width;
            width += source.Width;
        }

        Rows = new Atom(0, null, width, "the input");
        foreach (Expression before in order.SelectMany(expression => expression.Inputs.Select(input => input.Base).Distinct()))
        {
            uses[before] = uses.GetValueOrDefault(before) + 1;
        }

        Absorb(order, output);
        foreach (Expression expression in order)
        {
            Convert(expression);
        }
    }

    /// <summary>The rows of the network.</summary>
    public Atom Rows { get; }

    /// <summary>The scaling of the inputs, where it is to be kept apart and there is one.</summary>
    public OnnxScaling? InputScaling { get; private set; }

    /// <summary>The next atom, of an argument.</summary>
    public Atom NewSum(AffineForm argument) => new(count++, argument, argument.Width, argument.Node);

    public Atom NewActivation(AffineForm argument, Activation activation) => new(count++, argument, argument.Width, argument.Node) { Activation = activation };

    public AffineForm FormOf(Signal signal)
    {
        (double[] scale, double[] shift, bool shifts) = absorbed.ContainsKey(signal.Base) ? ([1], [0], false) : (signal.Scale, signal.Shift, signal.IsShifted);
        AffineForm form = atoms.TryGetValue(signal.Base, out Atom? atom) ? AffineForm.Of(atom) : forms[signal.Base];
        bool isPlain = !scale.AsSpan().ContainsAnyExcept(1) && !shifts;
        return isPlain ? form : form.Affine(scale, shift, shifts);
    }

    /// <summary>
    /// The scale and shift of a normalization, and the scaling of an input that is kept apart, belong to it and not to what takes it,
    /// if all that take it have the same.
    /// </summary>
    private void Absorb(IReadOnlyList<Expression> order, Signal output)
    {
        ILookup<Expression, Signal> references = order.SelectMany(expression => expression.Inputs).Append(output).ToLookup(signal => signal.Base);
        List<(Expression Source, Signal Signal)> scaled = [];
        foreach (IGrouping<Expression, Signal> group in references)
        {
            bool isSource = columns.ContainsKey(group.Key);
            Signal first = group.First();
            if ((group.Key is NormExpression || (isSource && context.Options.SeparateScaling))
                && group.All(signal => signal.Scale.AsSpan().SequenceEqual(first.Scale) && signal.Shift.AsSpan().SequenceEqual(first.Shift)))
            {
                if (!isSource)
                {
                    absorbed[group.Key] = (first.Scale, first.Shift);
                }
                else if (!first.IsPlain)
                {
                    scaled.Add((group.Key, first));
                }
            }
        }

        KeepApart(scaled);
    }

    private void KeepApart(List<(Expression Source, Signal Signal)> scaled)
    {
        if (scaled.Count == 0)
        {
            return;
        }

        float[] offsets = new float[Rows.Width];
        float[] scales = new float[Rows.Width];
        Array.Fill(scales, 1);
        foreach ((Expression source, Signal signal) in scaled)
        {
            for (int i = 0; i < source.Width; i++)
            {
                float scale = (float)signal.ScaleAt(i);
                float offset = (float)(-signal.ShiftAt(i) / signal.ScaleAt(i));
                if (!float.IsFinite(scale) || scale == 0 || !float.IsFinite(offset))
                {
                    return;
                }

                (scales[columns[source] + i], offsets[columns[source] + i]) = (scale, offset);
            }
        }

        foreach ((Expression source, Signal signal) in scaled)
        {
            absorbed[source] = (signal.Scale, signal.Shift);
        }

        InputScaling = new OnnxScaling(offsets, scales);
    }

    private void Convert(Expression expression)
    {
        switch (expression)
        {
            case InputExpression or EncodedExpression:
                forms[expression] = new AffineForm(expression.Width, [new Block(Rows, 0, expression.Width, columns[expression], null, [1])], [0], false, expression.Node, true);
                break;
            case ActivationExpression activation:
                atoms[expression] = new Atom(count++, FormOf(activation.Input), activation.Width, activation.Node) { Activation = activation.Activation };
                break;
            case NormExpression norm:
                (double[] gamma, double[] beta) = absorbed.GetValueOrDefault(norm, ([1], [0]));
                atoms[expression] = new Atom(count++, FormOf(norm.Input), norm.Width, norm.Node) { Epsilon = norm.Epsilon, Gamma = gamma, Beta = beta };
                break;
            case LinearExpression linear:
                AffineForm form = Joined(linear);
                // What several take is computed once; features in other places cost nothing.
                if (uses.GetValueOrDefault(linear) > 1 && (!linear.OnlyPlaces || IsSum(linear)))
                {
                    atoms[expression] = NewSum(form);
                }
                else
                {
                    forms[expression] = form;
                }

                break;
            case PartExpression part:
                throw Incomplete(part);
            default:
                throw new InvalidOperationException($"{expression.GetType().Name} has no form.");
        }
    }

    /// <summary>Whether terms add to the same features, so that it is more than features in other places.</summary>
    private static bool IsSum(LinearExpression linear) => linear.Terms.Sum(term => (long)term.Rows) > linear.Width;

    private AffineForm Joined(LinearExpression linear)
    {
        List<Block> blocks = [];
        double[] shift = [0];
        bool shifted = false;
        bool isMade = true;
        foreach (Term term in linear.Terms)
        {
            AffineForm input = FormOf(term.Input);
            AffineForm part;
            if (term.Weight is null)
            {
                part = term.Rows == input.Width ? input : input.Part(term.Column, term.Rows);
            }
            else if (input.Blocks.All(block => block.Full is null) || ((linear.IsMade || input.IsMade) && context.Budget.Affords(term.Rows, input.Width, input.Blocks.Where(block => block.Full is not null).Max(block => block.Source.Width))))
            {
                part = Multiplied(term, input);
            }
            else
            {
                // Two products without an activation between them stay two layers.
                part = Multiplied(term, AffineForm.Of(NewSum(input)));
            }

            isMade &= part.IsMade && (term.Weight is null || linear.IsMade);
            blocks.AddRange(part.Blocks.Select(block => block with { Row = block.Row + term.Row }));
            shifted |= part.IsShifted;
            if (linear.Terms.Count == 1 && part.Width == linear.Width)
            {
                shift = part.Shift;
            }
            else if (part.IsShifted)
            {
                shift = shift.Length == linear.Width && linear.Width > 1 ? shift : [.. Enumerable.Repeat(shift[0], linear.Width)];
                for (int i = 0; i < term.Rows; i++)
                {
                    shift[term.Row + i] += part.Shift[part.Shift.Length == 1 ? 0 : i];
                }
            }
        }

        if (blocks.Count > MostBlocks)
        {
            throw new ModelFormatException($"{linear.Node} puts together {blocks.Count} parts; up to {MostBlocks} are supported.");
        }

        context.Budget.Consider(linear.Node, blocks.Count, 16);
        return new AffineForm(linear.Width, blocks, shift, shifted, linear.Node, isMade);
    }

    /// <summary>W (sum of blocks + shift), in double precision.</summary>
    private AffineForm Multiplied(Term term, AffineForm input)
    {
        int inputs = input.Width;
        double[] weight = term.Weight!;
        List<Block> blocks = [];
        foreach (Block block in input.Blocks)
        {
            bool isWhole = block.Row == 0 && block.Rows == inputs && block.Column == 0 && block.Source.Width == inputs;
            if (block.IsIdentity && isWhole)
            {
                blocks.Add(new Block(block.Source, 0, term.Rows, 0, weight, [1]));
                continue;
            }

            context.Budget.Consider(term.Input.Base.Node, term.Rows, block.Source.Width);
            double[] product = new double[(long)term.Rows * block.Source.Width];
            for (int row = 0; row < term.Rows; row++)
            {
                ReadOnlySpan<double> from = weight.AsSpan((row * inputs) + block.Row, block.Rows);
                Span<double> to = product.AsSpan(row * block.Source.Width, block.Source.Width);
                for (int j = 0; j < from.Length; j++)
                {
                    if (block.Full is null)
                    {
                        to[block.Column + j] = from[j] * block.Diagonal[block.Diagonal.Length == 1 ? 0 : j];
                    }
                    else if (from[j] != 0)
                    {
                        ReadOnlySpan<double> inner = block.Full.AsSpan(j * block.Source.Width, block.Source.Width);
                        for (int i = 0; i < to.Length; i++)
                        {
                            to[i] += from[j] * inner[i];
                        }
                    }
                }
            }

            blocks.Add(new Block(block.Source, 0, term.Rows, 0, product, [1]));
        }

        double[] shift = [0];
        if (input.Shift.AsSpan().ContainsAnyExcept(0))
        {
            shift = new double[term.Rows];
            for (int row = 0; row < term.Rows; row++)
            {
                for (int column = 0; column < inputs; column++)
                {
                    shift[row] += weight[(row * inputs) + column] * input.Shift[input.Shift.Length == 1 ? 0 : column];
                }
            }
        }

        return new AffineForm(term.Rows, blocks, shift, shift.AsSpan().ContainsAnyExcept(0), term.Input.Base.Node, input.IsMade);
    }

    private static ModelFormatException Incomplete(PartExpression part) => new(part.Part switch
    {
        Part.LogSoftmax => $"{part.Node} is a LogSoftmax that is not the output; only there it can be read, as softmax.",
        _ => $"{part.Node} is supported only as a part of an activation or a normalization (erf in GELU; e^x in a sigmoid, softplus or softmax; powers and roots in GELU and layer normalization), and here it is not.",
    });
}
