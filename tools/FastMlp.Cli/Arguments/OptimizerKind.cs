using System.Globalization;

namespace FastMlp.Cli.Arguments;

/// <summary>An update rule that <c>--optimizer</c> names, and what the command knows of it. To add one, add a line to the table.</summary>
/// <param name="Name">How the option spells it.</param>
/// <param name="Create">The rule with a learning rate, a momentum (0 where it has none) and a weight decay.</param>
internal sealed record OptimizerKind(string Name, Func<float, float, float, Optimizer> Create)
{
    public static OptimizerKind Adam { get; } = new("adam", (rate, _, decay) => new Adam(rate, weightDecay: decay));

    /// <summary>Every rule, in the order in which they are offered.</summary>
    public static IReadOnlyList<OptimizerKind> All { get; } =
    [
        new("sgd", (rate, momentum, decay) => new Sgd(rate, momentum, weightDecay: decay)) { Rate = 0.1f, Momentum = 0 },
        new("momentum", (rate, momentum, decay) => new Sgd(rate, momentum, weightDecay: decay)) { Rate = 0.02f, Momentum = 0.9f },
        new("nesterov", (rate, momentum, decay) => new Sgd(rate, momentum, nesterov: true, weightDecay: decay)) { Rate = 0.02f, Momentum = 0.9f, NeedsMomentum = true },
        Adam,
        new("adamw", (rate, _, decay) => new AdamW(rate, weightDecay: decay)) { WeightDecay = new AdamW().WeightDecay },
        new("amsgrad", (rate, _, decay) => new Adam(rate, weightDecay: decay, amsGrad: true)),
        new("nadam", (rate, _, decay) => new NAdam(rate, weightDecay: decay)),
        new("adagrad", (rate, _, decay) => new AdaGrad(rate, weightDecay: decay)) { Rate = 0.02f },
        new("rmsprop", (rate, momentum, decay) => new RmsProp(rate, momentum: momentum, weightDecay: decay)) { Momentum = 0 },
        new("irprop", (rate, _, decay) => new IRprop(rate, weightDecay: decay)) { Rate = 0.01f, TakesAllRows = true },
        new("lbfgs", (rate, _, decay) => new Lbfgs(rate, weightDecay: decay)) { Rate = 1, TakesAllRows = true, IsForFullBatches = true },
    ];

    /// <summary>The learning rate where none is given.</summary>
    public float Rate { get; private init; } = 1e-3f;

    /// <summary>The momentum where none is given; null where the rule has none.</summary>
    public float? Momentum { get; private init; }

    public bool NeedsMomentum { get; private init; }

    /// <summary>The weight decay where none is given; null where the rows decide it.</summary>
    public float? WeightDecay { get; private init; }

    /// <summary>Whether the rule takes every row in every step unless --batch says otherwise.</summary>
    public bool TakesAllRows { get; private init; }

    /// <summary>Whether it can take nothing else.</summary>
    public bool IsForFullBatches { get; private init; }

    /// <summary>All names, for people.</summary>
    public static string Names { get; } = Listed(All, "");

    /// <summary>The rules with momentum, for people.</summary>
    public static string WithMomentum { get; } = Listed(All.Where(kind => kind.Momentum is not null), "or");

    /// <summary>The learning rates where none is given, for people.</summary>
    public static string Rates { get; } = string.Join("; ", All.GroupBy(kind => kind.Rate).OrderBy(group => group.Key).Select(group => $"{Listed(group, "and")} {group.Key.ToString(CultureInfo.InvariantCulture)}"));

    public static bool TryParse(string text, out OptimizerKind kind)
    {
        OptimizerKind? found = All.FirstOrDefault(known => known.Name == text);
        kind = found ?? Adam;
        return found is not null;
    }

    private static string Listed(IEnumerable<OptimizerKind> kinds, string last)
    {
        string[] names = [.. kinds.Select(kind => kind.Name)];
        return last.Length == 0 || names.Length == 1 ? string.Join(", ", names) : $"{string.Join(", ", names[..^1])} {last} {names[^1]}";
    }
}
