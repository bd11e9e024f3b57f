using FastMlp.Cli.Sources;

namespace FastMlp.Cli.Tests.Sources;

public sealed class SpellingTests
{
    private static readonly string[] names = ["digits", "iris", "wine", "breast-cancer", "diabetes"];

    [Theory]
    [InlineData("digit", "digits")]
    [InlineData("dgiits", "digits")]
    [InlineData("IRIS", "iris")]
    [InlineData("wines", "wine")]
    [InlineData("breastcancer", "breast-cancer")]
    [InlineData("diabetis", "diabetes")]
    public void ATypingErrorLeadsToTheName(string typed, string name) => Assert.Equal(name, Spelling.Nearest(typed, names));

    [Theory]
    [InlineData("mnist")]
    [InlineData("")]
    [InlineData("cars")]
    public void AnotherWordLeadsNowhere(string typed) => Assert.Null(Spelling.Nearest(typed, names));
}
