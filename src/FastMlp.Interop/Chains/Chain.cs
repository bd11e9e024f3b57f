namespace FastMlp.Interop.Chains;

/// <summary>The layers of a file in order of computation, and the network that they make.</summary>
/// <param name="Format">What kind of file it was.</param>
/// <param name="Links">The layers.</param>
/// <param name="InputSize">Features of x where the file says so; null where the first dense layer tells.</param>
internal sealed record Chain(string Format, IReadOnlyList<Link> Links, int? InputSize = null)
{
    private readonly List<string> notes = [];

    public IReadOnlyList<string> Notes { init => notes.AddRange(value); }

    /// <exception cref="ModelFormatException">The layers do not fit one behind the other.</exception>
    public ForeignImport ToImport(ForeignModelOptions options)
    {
        List<Link> links = End(Fold(Links));
        if (InputSizeOf(links) is not { } inputs)
        {
            throw new ModelFormatException("The file has no dense layer, so it is no multilayer perceptron.");
        }

        if (InputSize is { } said && said != inputs)
        {
            throw new ModelFormatException($"The file says that a row has {said} features, but its first dense layer takes {inputs}.");
        }

        NetworkBuilder builder = Network.Input(inputs);
        Places places = new(inputs, options);
        try
        {
            places.Add(builder, links);
            Network network = builder.Build();
            try
            {
                foreach ((string name, float[] values) in places.Tensors)
                {
                    network.Tensors[name].CopyFrom(values);
                }

                return new ForeignImport(network, Format, notes);
            }
            catch
            {
                network.Dispose();
                throw;
            }
        }
        catch (Exception exception) when (exception is ArgumentException or InvalidOperationException or OverflowException)
        {
            throw new ModelFormatException(exception.Message, exception);
        }
    }

    private static int? InputSizeOf(IEnumerable<Link> links)
    {
        foreach (Link link in links)
        {
            int? size = link switch
            {
                LinearLink linear => linear.Inputs,
                BatchNormLink norm => norm.Scale.Length,
                LayerNormLink norm => norm.Scale.Length,
                ResidualLink residual => residual.Projection?.Inputs ?? InputSizeOf(residual.Body),
                _ => null,
            };
            if (size is not null)
            {
                return size;
            }
        }

        return null;
    }

    /// <summary>Multiplies constants into the dense layer behind them: ((x - o) f) W^T + b = x (W f)^T + (b - (o f) W^T), in double precision.</summary>
    private List<Link> Fold(IReadOnlyList<Link> links)
    {
        List<Link> folded = [];
        AffineLink? waiting = null;
        foreach (Link link in links)
        {
            switch (link)
            {
                case AffineLink affine when waiting is null:
                    waiting = affine;
                    break;
                case LinearLink linear when waiting is not null:
                    folded.Add(Fold(waiting, linear));
                    notes.Add($"The constants of '{waiting.Name}' became part of the dense layer '{linear.Name}'.");
                    waiting = null;
                    break;
                case DropoutLink dropout when waiting is not null:
                    folded.Add(dropout);
                    notes.Add($"The dropout '{dropout.Name}' stands before the constants of '{waiting.Name}' now; predictions are the same.");
                    break;
                default:
                    folded.Add(waiting is null ? link : throw Behind(waiting, link));
                    break;
            }
        }

        return waiting is null ? folded : throw Behind(waiting, null);

        static ModelFormatException Behind(AffineLink affine, Link? next) =>
            new($"The constants of '{affine.Name}' stand before {(next is null ? "nothing" : $"'{next.Name}'")}; they are read before a dense layer only.");
    }

    private static LinearLink Fold(AffineLink affine, LinearLink linear)
    {
        if (affine.Offset.Length != linear.Inputs)
        {
            throw new ModelFormatException($"'{affine.Name}' has {affine.Offset.Length} features, the dense layer '{linear.Name}' behind it {linear.Inputs}.");
        }

        float[] weight = new float[linear.Weight.Length];
        float[] bias = new float[linear.Outputs];
        for (int unit = 0; unit < linear.Outputs; unit++)
        {
            double sum = linear.Bias?[unit] ?? 0;
            for (int i = 0; i < linear.Inputs; i++)
            {
                double factor = linear.Weight[(unit * linear.Inputs) + i] * affine.Factor[i];
                sum -= factor * affine.Offset[i];
                weight[(unit * linear.Inputs) + i] = (float)factor;
            }

            bias[unit] = (float)sum;
        }

        return linear with { Weight = weight, Bias = bias };
    }

    /// <summary>A network ends with a dense layer: where the file does not, one that changes nothing is put behind.</summary>
    private List<Link> End(List<Link> links)
    {
        while (links.Count > 0 && links[^1] is DropoutLink)
        {
            links.RemoveAt(links.Count - 1);
        }

        int last = links.Count - 1;
        if (last >= 1 && links[last] is ActivationLink && links[last - 1] is not LinearLink)
        {
            last--;
        }

        if (last < 0 || links[last] is LinearLink || (links[last] is ActivationLink && last >= 1 && links[last - 1] is LinearLink))
        {
            return links;
        }

        int? size = SizeBefore(links, last + 1);
        if (size is not { } n || n > 4096)
        {
            return links;
        }

        float[] identity = new float[n * n];
        for (int i = 0; i < n; i++)
        {
            identity[(i * n) + i] = 1;
        }

        links.Insert(last + 1, new LinearLink("end", n, n, identity, null));
        notes.Add($"The file ends with '{links[last].Name}'; a dense layer that changes nothing was put behind it, for a network ends with one.");
        return links;
    }

    private static int? SizeBefore(List<Link> links, int end)
    {
        for (int i = end - 1; i >= 0; i--)
        {
            int? size = links[i] switch
            {
                LinearLink linear => linear.Outputs,
                BatchNormLink norm => norm.Scale.Length,
                LayerNormLink norm => norm.Scale.Length,
                ResidualLink residual => residual.Projection?.Outputs ?? SizeBefore([.. residual.Body], residual.Body.Count),
                _ => null,
            };
            if (size is not null)
            {
                return size;
            }
        }

        return null;
    }

    /// <summary>Describes the layers to a builder, and keeps the values of the tensors under the names that the network gives them.</summary>
    private sealed class Places(int inputs, ForeignModelOptions options)
    {
        private int size = inputs;
        private int dense;
        private int norms;

        public List<(string Name, float[] Values)> Tensors { get; } = [];

        public void Add(NetworkBuilder to, IReadOnlyList<Link> links)
        {
            for (int i = 0; i < links.Count; i++)
            {
                switch (links[i])
                {
                    case LinearLink linear:
                        bool hasActivation = i + 1 < links.Count && links[i + 1] is ActivationLink;
                        AddDense(to, linear, hasActivation ? ((ActivationLink)links[++i]).G : Activation.Identity);
                        break;
                    case ActivationLink alone when alone.G == Activation.Softmax || alone.G.IsLearnable:
                        throw new ModelFormatException($"'{alone.Name}' is {alone.G} behind no dense layer; that is read only right behind one.");
                    case ActivationLink alone:
                        to.Activate(alone.G);
                        break;
                    case BatchNormLink norm:
                        CheckSize(norm, norm.Scale.Length);
                        AddNorm(norm.Scale, norm.Shift);
                        Tensors.AddRange([($"norms.{norms - 1}.running_mean", norm.Mean), ($"norms.{norms - 1}.running_var", norm.Variance)]);
                        to.BatchNorm(norm.Momentum, norm.Epsilon);
                        break;
                    case LayerNormLink norm:
                        CheckSize(norm, norm.Scale.Length);
                        AddNorm(norm.Scale, norm.Shift);
                        to.LayerNorm(norm.Epsilon);
                        break;
                    case DropoutLink dropout:
                        to.Dropout(dropout.Rate);
                        break;
                    case ResidualLink residual:
                        AddResidual(to, residual);
                        break;
                    case var other:
                        throw new ModelFormatException($"'{other.Name}' cannot stand here.");
                }
            }
        }

        private void AddNorm(float[] scale, float[] shift)
        {
            Tensors.AddRange([($"norms.{norms}.weight", scale), ($"norms.{norms}.bias", shift)]);
            norms++;
        }

        private void AddResidual(NetworkBuilder to, ResidualLink residual)
        {
            int before = size;
            to.Residual(body => Add(body, residual.Body));
            if (residual.Projection is { } projection)
            {
                if (projection.Bias is not null || before == size || projection.Outputs != size || projection.Inputs != before)
                {
                    throw new ModelFormatException($"'{projection.Name}' goes around '{residual.Name}' with a bias, or without changing the size as the body does; a projection is read without bias, where sizes differ.");
                }

                Tensors.Add(($"layers.{dense++}.weight", projection.Weight));
            }
            else if (before != size)
            {
                throw new ModelFormatException($"'{residual.Name}' adds {before} and {size} features.");
            }
        }

        private void AddDense(NetworkBuilder to, LinearLink linear, Activation g)
        {
            CheckSize(linear, linear.Inputs);
            Tensors.Add(($"layers.{dense}.weight", linear.Weight));
            if (linear.Bias is not null)
            {
                Tensors.Add(($"layers.{dense}.bias", linear.Bias));
            }

            to.Dense(linear.Outputs, g, linear.Bias is null ? Bias.None : Bias.PerUnit);
            size = linear.Outputs;
            dense++;
        }

        private void CheckSize(Link link, int takes)
        {
            if (takes != size)
            {
                throw new ModelFormatException($"'{link.Name}' takes {takes} features, but {size} come to it. {options.Ask(nameof(options.Order))} if the layers come in another order; {options.Ask(nameof(options.Part))} if the file holds several networks.");
            }
        }
    }
}
