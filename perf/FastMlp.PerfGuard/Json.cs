using System.Text.Json;

namespace FastMlp.PerfGuard;

internal static class Json
{
    /// <summary>One line, for the pipe from a worker.</summary>
    public static readonly JsonSerializerOptions Line = new() { PropertyNamingPolicy = JsonNamingPolicy.CamelCase };

    /// <summary>Indented, for files that people compare.</summary>
    public static readonly JsonSerializerOptions File = new(Line) { WriteIndented = true };
}
