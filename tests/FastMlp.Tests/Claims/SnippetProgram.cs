using System.Reflection;
using System.Runtime.ExceptionServices;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;

namespace FastMlp.Tests.Claims;

/// <summary>Compiles a block of code as the Program.cs of a console program and runs it in this process.</summary>
internal static class SnippetProgram
{
    private static readonly CSharpParseOptions language = new(LanguageVersion.Latest);

    /// <summary>The implicit usings of <c>dotnet new console</c>.</summary>
    private static readonly SyntaxTree implicitUsings = CSharpSyntaxTree.ParseText(string.Concat(
        new[] { "System", "System.Collections.Generic", "System.IO", "System.Linq", "System.Net.Http", "System.Threading", "System.Threading.Tasks" }
            .Select(name => $"global using {name};\n")), language);

    private static readonly MetadataReference[] references = [.. ((string)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES")!)
        .Split(Path.PathSeparator)
        .Where(path => Path.GetFileName(path) is var name && (name.StartsWith("System", StringComparison.Ordinal) || name.StartsWith("Microsoft.Win32", StringComparison.Ordinal)
            || name is "netstandard.dll" or "mscorlib.dll" or "CommunityToolkit.HighPerformance.dll" || (name.StartsWith("FastMlp", StringComparison.Ordinal) && !name.Contains("Tests", StringComparison.Ordinal))))
        .Select(path => MetadataReference.CreateFromFile(path))];

    /// <param name="code">The block, its using lines included.</param>
    /// <param name="place">Where it stands, for messages.</param>
    public static void Run(string code, string place)
    {
        CSharpCompilation compilation = CSharpCompilation.Create(
            $"Snippet{Guid.NewGuid():N}",
            [implicitUsings, CSharpSyntaxTree.ParseText(code, language)],
            references,
            new CSharpCompilationOptions(OutputKind.ConsoleApplication, optimizationLevel: OptimizationLevel.Release, nullableContextOptions: NullableContextOptions.Enable));
        using MemoryStream image = new();
        string[] errors = [.. compilation.Emit(image).Diagnostics.Where(one => one.Severity >= DiagnosticSeverity.Warning).Select(one => one.ToString())];
        Assert.True(errors.Length == 0, $"{place} does not compile without warnings as pasted into a new console program:\n{string.Join("\n", errors)}");
        MethodInfo main = Assembly.Load(image.ToArray()).EntryPoint!;
        try
        {
            main.Invoke(null, [Array.Empty<string>()]);
        }
        catch (TargetInvocationException exception)
        {
            ExceptionDispatchInfo.Throw(exception.InnerException!);
        }
    }
}
