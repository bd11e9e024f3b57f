namespace FastMlp.Tests.Support;

internal static class Refusal
{
    /// <summary>The action throws an <see cref="ArgumentException"/> whose message holds every part.</summary>
    public static void Names(Action action, params string[] parts)
    {
        ArgumentException error = Assert.ThrowsAny<ArgumentException>(action);
        foreach (string part in parts)
        {
            Assert.Contains(part, error.Message, StringComparison.OrdinalIgnoreCase);
        }
    }

    /// <summary>The same for an expression, the making of an object for one.</summary>
    public static void Names(Func<object> create, params string[] parts) => Names(() => { _ = create(); }, parts);
}
