namespace FastMlp.Onnx.Import;

/// <summary>A layer to be made.</summary>
internal abstract record PlannedLayer(string Node);

/// <summary>g(W x + b), W of the shape [Units, inputs]; b one number for each unit, one for all, or none.</summary>
internal sealed record PlannedDense(string Node, int Units, double[] Weight, double[] Shift, Activation Activation) : PlannedLayer(Node);

/// <summary>g(x).</summary>
internal sealed record PlannedActivation(string Node, int Width, Activation Activation) : PlannedLayer(Node);

/// <summary>gamma (x - mean) / sqrt(variance + epsilon) + beta over the features of a row.</summary>
internal sealed record PlannedNorm(string Node, int Width, float Epsilon, double[] Gamma, double[] Beta) : PlannedLayer(Node);

/// <summary>F(x) + x, or F(x) + V x.</summary>
internal sealed record PlannedResidual(string Node, int Width, IReadOnlyList<PlannedLayer> Body, double[]? Projection) : PlannedLayer(Node);

/// <summary>
/// The last signal to layers. Where one value alone leads on, a layer follows another. Between two such points, a sum with what was
/// there before is a residual block; any other branches are computed beside each other: each layer gives what is new, and the residual
/// connection around it, whose weights are 0 and 1, carries on what is still needed.
/// </summary>
internal sealed class LayerPlanner(ImportContext context, IReadOnlyList<InputExpression> inputs)
{
    // Blocks in blocks beyond this are laid flat: recursion, here and in a reader of the model's file, ends.
    private const int DeepestResidual = 12;

    private AtomGraph graph = null!;

    /// <summary>What a row of the network is made of: names of the graph's inputs and their features.</summary>
    public IReadOnlyList<(string Name, int Width)> Sources { get; private set; } = [];

    public IReadOnlyList<OnnxColumn> Columns { get; private set; } = [];

    public int InputSize { get; private set; }

    public OnnxScaling? InputScaling => graph.InputScaling;

    public IReadOnlyList<PlannedLayer> Plan(Signal output)
    {
        Activation? last = null;
        if (output.IsPlain && output.Base is PartExpression { Part: Part.LogSoftmax } log)
        {
            if (!context.Options.LogSoftmaxAsSoftmax)
            {
                throw new ModelFormatException($"{log.Node} answers with logarithms of probabilities, which no layer of FastMlp gives. {context.Options.Ask(nameof(OnnxImportOptions.LogSoftmaxAsSoftmax))} to have the probabilities themselves.");
            }

            context.Notes.Add($"The network answers with probabilities, where {log.Node} in the file gives their logarithms.");
            (output, last) = (log.Input, Activation.Softmax);
        }
        else if (output.Base is ActivationExpression sigmoid && sigmoid.Activation == Activation.Sigmoid && !output.IsPlain && !output.IsShifted
            && !output.Scale.AsSpan().ContainsAnyExcept(output.Scale[0]) && float.IsFinite((float)output.Scale[0]) && (float)output.Scale[0] != 0)
        {
            // c / (1 + e^-z) is an activation of its own, and so needs no layer for c.
            (output, last) = (sigmoid.Input, Activation.ScaledSigmoid((float)output.Scale[0], 1));
        }

        IReadOnlyList<Expression> order = Order(output.Base);
        FindSources(order);
        graph = new AtomGraph(context, [.. order.Where(IsSource).OrderBy(PlaceOf)], order, output);
        AffineForm form = graph.FormOf(output);
        Atom target = last is { } activation ? graph.NewActivation(form, activation)
            : form.Plain is { Argument: not null } atom ? atom
            : graph.NewSum(form);
        List<PlannedLayer> layers = Compile(graph.Rows, target, 0);

        // A network ends with a dense layer.
        if (layers is [.., PlannedActivation alone])
        {
            layers[^1] = Identity(alone.Node, alone.Width, alone.Activation);
        }
        else if (layers is [] or [.., PlannedNorm or PlannedResidual])
        {
            layers.Add(Identity(target.Node, target.Width, Activation.Identity));
        }

        return layers;
    }

    private static bool IsSource(Expression expression) => expression is InputExpression or EncodedExpression;

    /// <summary>In the order of the graph's inputs, and of the columns in each.</summary>
    private (int, int) PlaceOf(Expression source)
    {
        (string name, int column) = source is EncodedExpression encoded ? (encoded.Columns[0].Input, encoded.Columns[0].Index) : (((InputExpression)source).Name, 0);
        return (inputs.Select((input, i) => (input, i)).First(pair => pair.input.Name == name).i, column);
    }

    private void FindSources(IReadOnlyList<Expression> order)
    {
        Expression[] sources = [.. order.Where(IsSource).OrderBy(PlaceOf)];
        if (sources.FirstOrDefault(source => source.Width < 1) is not null)
        {
            throw new ModelFormatException("The graph does not tell how many features a row has; give the input a shape whose last size is known.");
        }

        if (sources.OfType<InputExpression>().FirstOrDefault(source => source.IsText) is { } text)
        {
            throw new ModelFormatException($"The input {Words.Quote(text.Name)} holds texts (string) that nothing turns into numbers; a OneHotEncoder or LabelEncoder directly behind it was expected.");
        }

        InputSize = (int)Call.Product([sources.Sum(source => (long)source.Width)], "A row");
        Sources = [.. sources.Select(source => (source is EncodedExpression encoded ? encoded.Columns[0].Input : ((InputExpression)source).Name, source.Width))];
        Columns = sources.Any(source => source is EncodedExpression)
            ? [.. sources.SelectMany(source => source is EncodedExpression encoded ? encoded.Columns : Enumerable.Range(0, source.Width).Select(i => new OnnxColumn(((InputExpression)source).Name, i, fill: null)))]
            : [];
    }

    /// <summary>What the expression needs and itself, each behind its inputs; without recursion, for a graph may be deep.</summary>
    private static List<Expression> Order(Expression last)
    {
        List<Expression> order = [];
        HashSet<Expression> seen = [];
        Stack<(Expression Expression, bool IsReady)> open = new([(last, false)]);
        while (open.TryPop(out (Expression Expression, bool IsReady) at))
        {
            if (at.IsReady)
            {
                order.Add(at.Expression);
            }
            else if (seen.Add(at.Expression))
            {
                open.Push((at.Expression, true));
                foreach (Signal input in at.Expression.Inputs.Where(input => !seen.Contains(input.Base)))
                {
                    open.Push((input.Base, false));
                }
            }
        }

        return order;
    }

    /// <summary>The layers that make an atom of another one on which, alone, it depends.</summary>
    private List<PlannedLayer> Compile(Atom from, Atom to, int depth)
    {
        List<PlannedLayer> layers = [];
        Atom[] atoms = Between(from, to);
        Dictionary<Atom, int> place = [];
        for (int i = 0; i < atoms.Length; i++)
        {
            place[atoms[i]] = i;
        }

        // earliest[i]: the first atom that those behind atom i take anything from.
        int[] earliest = new int[atoms.Length];
        int least = int.MaxValue;
        for (int i = atoms.Length - 1; i >= 0; i--)
        {
            earliest[i] = least;
            if (i > 0)
            {
                least = Math.Min(least, atoms[i].Argument!.Blocks.Select(block => place[block.Source]).DefaultIfEmpty(0).Min());
            }
        }

        for (int current = 0; current < atoms.Length - 1;)
        {
            int next = current + 1;
            while (earliest[next] < next)
            {
                next++;
            }

            Atom[] region = atoms[(current + 1)..next];
            if (region.Length == 0)
            {
                layers.AddRange(Layer(atoms[next], new State([atoms[current]])));
            }
            else if (depth >= DeepestResidual || !TryResidual(atoms[current], atoms[next], depth, layers))
            {
                Beside(atoms[current], region, atoms[next], layers);
            }

            current = next;
        }

        return layers;
    }

    /// <summary>Both and all between them, in the order of computation.</summary>
    private static Atom[] Between(Atom from, Atom to)
    {
        HashSet<Atom> found = [from, to];
        Stack<Atom> open = new([to]);
        while (open.TryPop(out Atom? atom))
        {
            foreach (Block block in atom == from ? [] : atom.Argument!.Blocks)
            {
                if (found.Add(block.Source))
                {
                    open.Push(block.Source);
                }
            }
        }

        // The target may be newer than it is in order, but nothing else is behind it.
        return [.. found.Where(atom => atom != to).OrderBy(atom => atom.Index), to];
    }

    /// <summary>F(x) + x, or F(x) + V x where F changes the number of features, and what follows the sum.</summary>
    private bool TryResidual(Atom from, Atom to, int depth, List<PlannedLayer> layers)
    {
        AffineForm form = to.Argument!;
        Block[] skips = [.. form.Blocks.Where(block => block.Source == from)];
        bool isPlain = skips is [{ IsIdentity: true, Row: 0, Column: 0 } only] && only.Rows == form.Width && from.Width == form.Width;
        if (skips.Length == 0 || (!isPlain && from.Width == form.Width))
        {
            return false;
        }

        AffineForm rest = form with { Blocks = [.. form.Blocks.Where(block => block.Source != from)] };
        Atom inner = rest.Plain ?? graph.NewSum(rest);
        List<PlannedLayer> body = Compile(from, inner, depth + 1);
        double[]? projection = null;
        if (!isPlain)
        {
            context.Budget.Take(form.Node, form.Width, from.Width);
            projection = new State([from]).Matrix(form with { Blocks = skips });
        }

        layers.Add(new PlannedResidual(form.Node, form.Width, body, projection));
        layers.AddRange(Top(to));
        return true;
    }

    /// <summary>What an atom does to its argument, once that is there.</summary>
    private IEnumerable<PlannedLayer> Top(Atom atom) => atom.IsNorm ? [Norm(atom)]
        : atom.Activation == Activation.Identity ? []
        : StandsAlone(atom.Activation) ? [new PlannedActivation(atom.Node, atom.Width, atom.Activation)]
        : [Identity(atom.Node, atom.Width, atom.Activation)];

    /// <summary>The layers of one atom, whose argument the state holds.</summary>
    private IEnumerable<PlannedLayer> Layer(Atom atom, State state)
    {
        AffineForm form = atom.Argument!;
        bool needsNoWeight = atom.IsNorm || (atom.Activation != Activation.Identity && StandsAlone(atom.Activation));
        if (needsNoWeight && form.Plain is not null && state.Width == form.Width)
        {
            return Top(atom);
        }

        PlannedDense dense = Dense(form, state, atom.IsNorm ? Activation.Identity : atom.Activation);
        return atom.IsNorm ? [dense, Norm(atom)] : [dense];
    }

    /// <summary>The atoms of a region beside each other, step by step, and then the one that all lead to.</summary>
    private void Beside(Atom from, Atom[] region, Atom to, List<PlannedLayer> layers)
    {
        State state = new([from]);
        HashSet<Atom> open = [.. region];
        while (open.Count > 0)
        {
            Atom[] ready = [.. region.Where(atom => open.Contains(atom) && atom.Argument!.Blocks.All(block => state.Contains(block.Source)))];
            Atom first = ready[0];
            Atom[] fresh = first.IsNorm || first.Activation == Activation.Softmax || first.Activation.IsLearnable
                ? [first]
                : [.. ready.Where(atom => !atom.IsNorm && atom.Activation == first.Activation)];
            open.ExceptWith(fresh);
            HashSet<Atom> needed = [.. open.Append(to).SelectMany(atom => atom.Argument!.Blocks).Select(block => block.Source)];
            Atom[] carried = [.. state.Atoms.Where(needed.Contains)];
            state = Step(state, carried, fresh, layers);
        }

        layers.AddRange(Layer(to, state));
    }

    /// <summary>A state of what is carried on and what is new.</summary>
    private State Step(State state, Atom[] carried, Atom[] fresh, List<PlannedLayer> layers)
    {
        Activation activation = fresh[0].Activation;
        State next = new([.. carried, .. fresh]);
        if (carried.Length == 0 && fresh.Length == 1)
        {
            layers.AddRange(Layer(fresh[0], state));
            return next;
        }

        // What an activation leaves as it is goes through it with the rest.
        bool passes = !fresh[0].IsNorm && (carried.Length == 0 || activation == Activation.Identity || (activation == Activation.Relu && carried.All(atom => atom.IsNeverNegative)));
        string node = fresh[0].Node;
        if (passes)
        {
            AffineForm together = Together(node, [.. carried.Select(AffineForm.Of), .. fresh.Select(atom => atom.Argument!)]);
            layers.Add(Dense(together, state, activation));
            return next;
        }

        // The residual connection must not add x itself, so its width has to change; what is not needed goes on then.
        if (next.Width == state.Width)
        {
            carried = [.. state.Atoms];
            next = new State([.. carried, .. fresh]);
        }

        AffineForm news = Together(node, [.. fresh.Select(atom => atom.Argument!)]);
        List<PlannedLayer> body = fresh[0].IsNorm ? [.. Layer(fresh[0], state)] : [Dense(news, state, activation)];
        int width = fresh.Sum(atom => atom.Width);
        int start = next.Width - width;
        context.Budget.Take(node, next.Width, width + state.Width);
        double[] place = new double[(long)next.Width * width];
        for (int i = 0; i < width; i++)
        {
            place[((start + i) * width) + i] = 1;
        }

        body.Add(new PlannedDense(node, next.Width, place, [], Activation.Identity));
        double[] projection = new double[(long)next.Width * state.Width];
        int row = 0;
        foreach (Atom atom in carried)
        {
            for (int i = 0; i < atom.Width; i++, row++)
            {
                projection[(row * state.Width) + state.OffsetOf(atom) + i] = 1;
            }
        }

        layers.Add(new PlannedResidual(node, next.Width, body, projection));
        return next;
    }

    /// <summary>Forms beside each other.</summary>
    private static AffineForm Together(string node, AffineForm[] forms)
    {
        if (forms.Length == 1)
        {
            return forms[0];
        }

        List<Block> blocks = [];
        int width = forms.Sum(form => form.Width);
        double[] shift = new double[width];
        int row = 0;
        foreach (AffineForm form in forms)
        {
            blocks.AddRange(form.Blocks.Select(block => block with { Row = block.Row + row }));
            for (int i = 0; i < form.Width; i++)
            {
                shift[row + i] = form.Shift[form.Shift.Length == 1 ? 0 : i];
            }

            row += form.Width;
        }

        return new AffineForm(width, blocks, shift, forms.Any(form => form.IsShifted), node, IsMade: true);
    }

    private PlannedDense Dense(AffineForm form, State state, Activation activation)
    {
        bool isOfFile = !form.IsMade && form.Blocks is [{ Full: not null } block] && block.Rows == form.Width && state.Width == block.Source.Width;
        if (!isOfFile)
        {
            context.Budget.Take(form.Node, form.Width, state.Width);
        }

        return new PlannedDense(form.Node, form.Width, isOfFile ? form.Blocks[0].Full! : state.Matrix(form), form.IsShifted ? form.Shift : [], activation);
    }

    private PlannedDense Identity(string node, int width, Activation activation)
    {
        context.Budget.Take(node, width, width);
        double[] diagonal = new double[(long)width * width];
        for (int i = 0; i < width; i++)
        {
            diagonal[(i * width) + i] = 1;
        }

        return new PlannedDense(node, width, diagonal, [], activation);
    }

    private static PlannedNorm Norm(Atom atom) => new(atom.Node, atom.Width, atom.Epsilon, atom.Gamma, atom.Beta);

    private static bool StandsAlone(Activation activation) => activation != Activation.Softmax && !activation.IsLearnable;

    /// <summary>Atoms whose values lie one behind another in a layer's output.</summary>
    private sealed class State
    {
        private readonly Dictionary<Atom, int> offsets = [];

        public State(IReadOnlyList<Atom> atoms)
        {
            Atoms = atoms;
            foreach (Atom atom in atoms)
            {
                offsets[atom] = Width;
                Width += atom.Width;
            }
        }

        public IReadOnlyList<Atom> Atoms { get; }

        public int Width { get; }

        public bool Contains(Atom atom) => offsets.ContainsKey(atom);

        public int OffsetOf(Atom atom) => offsets[atom];

        /// <summary>The weight [form's width, Width] that gives the form, without its shift.</summary>
        public double[] Matrix(AffineForm form)
        {
            double[] matrix = new double[(long)form.Width * Width];
            foreach (Block block in form.Blocks)
            {
                int offset = offsets[block.Source];
                for (int row = 0; row < block.Rows; row++)
                {
                    Span<double> to = matrix.AsSpan(((block.Row + row) * Width) + offset, block.Source.Width);
                    if (block.Full is null)
                    {
                        to[block.Column + row] += block.Diagonal[block.Diagonal.Length == 1 ? 0 : row];
                        continue;
                    }

                    ReadOnlySpan<double> from = block.Full.AsSpan(row * block.Source.Width, block.Source.Width);
                    for (int i = 0; i < to.Length; i++)
                    {
                        to[i] += from[i];
                    }
                }
            }

            return matrix;
        }
    }
}
