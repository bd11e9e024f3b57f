using System.Globalization;

namespace FastMlp.Interop.Tests;

/// <summary>Malformed files end in <see cref="ModelFormatException"/>, in bounded time and memory. FASTMLP_FUZZ_CASES sets the number of mutations (200 a file).</summary>
public class FuzzTests
{
    private static readonly int Mutations = int.TryParse(Environment.GetEnvironmentVariable("FASTMLP_FUZZ_CASES"), NumberStyles.None, CultureInfo.InvariantCulture, out int count) ? count : 200;

    [Theory]
    [MemberData(nameof(Fixture.Names), MemberType = typeof(Fixture))]
    public void MutatedFilesAreReadOrRefused(string name)
    {
        Fixture fixture = Fixture.Of(name);
        byte[] original = fixture.Content;
        Random random = new(name.Length * 1000 + Mutations);
        for (int i = 0; i < Mutations; i++)
        {
            byte[] mutated = (byte[])original.Clone();
            for (int change = random.Next(1, 6); change > 0; change--)
            {
                int at = random.Next(mutated.Length);
                mutated[at] = random.Next(3) switch { 0 => (byte)random.Next(256), 1 => (byte)(mutated[at] ^ (1 << random.Next(8))), _ => 0xFF };
            }

            ReadOrRefuse(mutated, fixture.Options);
        }
    }

    [Theory]
    [MemberData(nameof(Fixture.Names), MemberType = typeof(Fixture))]
    public void TornFilesAreRefused(string name)
    {
        Fixture fixture = Fixture.Of(name);
        byte[] original = fixture.Content;
        int step = Mutations > 200 ? 1 : Math.Max(1, original.Length / 200);
        for (int length = 0; length < original.Length; length += step)
        {
            ReadOrRefuse(original[..length], fixture.Options);
        }
    }

    private static void ReadOrRefuse(byte[] content, ForeignModelOptions options)
    {
        try
        {
            ForeignModel.Import(content, options).Dispose();
        }
        catch (ModelFormatException)
        {
            // What a malformed file may end in, and nothing else.
        }
    }
}
