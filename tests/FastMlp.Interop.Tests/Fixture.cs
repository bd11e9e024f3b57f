using System.Text.Json;

namespace FastMlp.Interop.Tests;

/// <summary>A file that tools/make-interop-fixtures.py made, with the outputs that PyTorch or double precision gave.</summary>
internal sealed record Fixture(string Name, float[] X, double[] Y, ForeignModelOptions Options)
{
    public static string Folder => Path.Combine(AppContext.BaseDirectory, "Fixtures");

    public static IReadOnlyList<Fixture> All { get; } = Read();

    public static IEnumerable<TheoryDataRow<string>> Names => All.Select(fixture => new TheoryDataRow<string>(fixture.Name));

    public string FilePath => Path.Combine(Folder, Name);

    public byte[] Content => File.ReadAllBytes(FilePath);

    public static Fixture Of(string name) => All.Single(fixture => fixture.Name == name);

    public static Activation Activation(string name) => name switch
    {
        "identity" => FastMlp.Activation.Identity,
        "relu" => FastMlp.Activation.Relu,
        "tanh" => FastMlp.Activation.Tanh,
        "elu" => FastMlp.Activation.Elu(),
        "softmax" => FastMlp.Activation.Softmax,
        _ => throw new ArgumentOutOfRangeException(nameof(name), name, "No fixture uses it."),
    };

    private static List<Fixture> Read()
    {
        using JsonDocument json = JsonDocument.Parse(File.ReadAllText(Path.Combine(Folder, "expected.json")));
        List<Fixture> all = [];
        foreach (JsonProperty entry in json.RootElement.EnumerateObject())
        {
            JsonElement value = entry.Value;
            all.Add(new Fixture(
                entry.Name,
                [.. value.GetProperty("x").EnumerateArray().Select(each => each.GetSingle())],
                [.. value.GetProperty("y").EnumerateArray().Select(each => each.GetDouble())],
                new ForeignModelOptions
                {
                    Activations = value.TryGetProperty("activations", out JsonElement given) ? [.. given.EnumerateArray().Select(each => Activation(each.GetString()!))] : [],
                    Part = value.TryGetProperty("part", out JsonElement part) ? part.GetString() : null,
                }));
        }

        return all;
    }
}
