namespace FastMlp.Optimizers;

/// <summary>A choice as a type, so that the JIT folds every test on it out of a rule.</summary>
internal interface ISwitch
{
    static abstract bool IsOn { get; }
}

internal readonly struct On : ISwitch
{
    public static bool IsOn => true;
}

internal readonly struct Off : ISwitch
{
    public static bool IsOn => false;
}
