using System.Text.RegularExpressions;

namespace FastMlp.Tests.Claims;

/// <summary>The table "who may use whom" of docs/architecture.md, and what a source file of src/FastMlp does against it.</summary>
internal static partial class FolderRules
{
    /// <summary>The name of the room that is the folder src/FastMlp itself.</summary>
    public const string Root = "";

    private static readonly string[] rooms = ["Simd", "Memory", "Threading", "Kernels", "Layers", "Training", "Serialization", "Metrics", "Runs", "Optimizers", "Schedules", "Serving"];

    // Folders whose types are the root's: what a user types, but too much for one folder.
    private static readonly string[] ofTheRoot = ["Runs", "Serving"];

    // Rooms in which descriptions of the root's stand beside what is made from them.
    private static readonly string[] besideTheirLikes = ["Layers", "Optimizers", "Schedules"];

    private static readonly Dictionary<string, string[]> mayUse = new()
    {
        ["Simd"] = [],
        ["Memory"] = [],
        ["Threading"] = [],
        ["Kernels"] = ["Simd", "Memory", "Threading"],
        ["Layers"] = ["Kernels", "Memory", "Threading"],
        ["Training"] = ["Layers", "Kernels", "Memory", "Threading", "Simd", "Metrics", "Optimizers", "Schedules"],
        ["Optimizers"] = ["Training", "Layers", "Kernels", "Memory", "Simd"],
        ["Schedules"] = [],
        ["Serialization"] = ["Layers"],
        ["Metrics"] = [],
        ["Runs"] = ["Training", "Serialization", "Schedules"],
        ["Serving"] = [],
        [Root] = rooms,
    };

    // These three know nothing of neural networks, so nothing but the BCL.
    private static readonly string[] onlyBcl = ["Simd", "Memory", "Threading"];

    private static readonly string[] unsafeRooms = ["Simd", "Kernels", "Memory", "Threading", "Layers", "Training", "Optimizers"];

    // Where the root pins the caller's spans.
    private static readonly string[] pinningFiles = ["ForwardPass.cs", "Network.cs", "Trainer.cs"];

    private static readonly HashSet<string> rootTypes = [.. typeof(Network).Assembly.GetTypes()
        .Where(type => type.Namespace == "FastMlp" && !type.IsNested)
        .Select(type => type.Name)];

    /// <summary>The room of a file, from its path below src/FastMlp with forward slashes.</summary>
    public static string RoomOf(string path) => path.Contains('/', StringComparison.Ordinal) ? path[..path.IndexOf('/', StringComparison.Ordinal)] : Root;

    /// <summary>What the file does against the rules: one sentence each, none for a file in order.</summary>
    public static IEnumerable<string> Violations(string path, string source)
    {
        string room = RoomOf(path);
        if (!mayUse.TryGetValue(room, out string[]? allowed))
        {
            yield return $"{path}: {room}/ is not a room of docs/architecture.md";
            yield break;
        }

        string code = WithoutCommentsAndStrings(source);
        string home = room == Root || ofTheRoot.Contains(room) ? "FastMlp" : $"FastMlp.{room}";
        string declared = Namespace().Match(code).Groups[1].Value;
        if (declared != home && !declared.StartsWith(home + ".", StringComparison.Ordinal) && !(declared == "FastMlp" && besideTheirLikes.Contains(room)))
        {
            yield return $"{path}: its namespace is {declared}, its folder says {home}";
        }

        foreach (string used in RoomNames().Matches(code).Select(m => m.Groups["room"].Value).Distinct())
        {
            if (used != room && !allowed.Contains(used))
            {
                yield return $"{path}: {Describe(room)} may use {(allowed.Length == 0 ? "the BCL only" : string.Join(", ", allowed))}, not {used}";
            }
        }

        if (onlyBcl.Contains(room))
        {
            foreach (string used in Usings().Matches(code).Select(m => m.Groups[1].Value).Where(name => !IsBcl(name)))
            {
                yield return $"{path}: {room}/ may use the BCL only, not {used}";
            }

            // The root's types are in reach without a using.
            foreach (string used in Words().Matches(code).Select(m => m.Value).Distinct().Where(rootTypes.Contains))
            {
                yield return $"{path}: {room}/ may use the BCL only, not {used} of the root";
            }
        }

        Match vector = VectorNames().Match(code);
        if (room != "Simd" && vector.Success)
        {
            yield return $"{path}: {vector.Value.Trim()} stands only in Simd/";
        }

        if (UnsafeKeyword().IsMatch(code) && !unsafeRooms.Contains(room) && !pinningFiles.Contains(path))
        {
            yield return $"{path}: unsafe code stands only in {string.Join(", ", unsafeRooms)} and in {string.Join(", ", pinningFiles)}";
        }
    }

    private static string Describe(string room) => room == Root ? "the root" : room + "/";

    // What begins with FastMlp is judged by its room.
    private static bool IsBcl(string name) => name.Split('.')[0] is "System" or "Microsoft" or "FastMlp";

    private static string WithoutCommentsAndStrings(string source) => CommentsAndStrings().Replace(source, " ");

    [GeneratedRegex("""//[^\n]*|/\*.*?\*/|\"{3,}.*?\"{3,}|\$?@\$?"(?:[^"]|"")*"|"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])+'""", RegexOptions.Singleline)]
    private static partial Regex CommentsAndStrings();

    [GeneratedRegex(@"^namespace\s+([\w.]+)", RegexOptions.Multiline)]
    private static partial Regex Namespace();

    [GeneratedRegex(@"^\s*(?:global\s+)?using\s+(?:static\s+)?(?:\w+\s*=\s*)?([\w.]+)[^;(]*;", RegexOptions.Multiline)]
    private static partial Regex Usings();

    // FastMlp.Kernels, and Kernels.Gemm, which C# also finds from inside FastMlp; not System.Threading.Lock or owner.Memory.Span.
    [GeneratedRegex(@"\bFastMlp\.(?<room>Simd|Memory|Threading|Kernels|Layers|Training|Optimizers|Schedules|Serialization|Metrics)\b|(?<![\w.])(?<room>Simd|Memory|Threading|Kernels|Layers|Training|Optimizers|Schedules|Serialization|Metrics)\.[A-Z]")]
    private static partial Regex RoomNames();

    [GeneratedRegex(@"\bSystem\.Runtime\.Intrinsics\b|\bVector(?:64|128|256|512)?\s*[<.]|\b(?:Avx\w*|Sse\w*|Ssse3|Fma|Bmi[12]|AdvSimd|Sve)\s*\.")]
    private static partial Regex VectorNames();

    [GeneratedRegex(@"(?<!\.)\b[A-Z]\w*")]
    private static partial Regex Words();

    [GeneratedRegex(@"\bunsafe\b")]
    private static partial Regex UnsafeKeyword();
}
