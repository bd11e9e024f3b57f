namespace FastMlp.Onnx.Tests.Support;

/// <summary>Where things of the repository and of this machine lie.</summary>
internal static class Sources
{
    /// <summary>The folder of FastMlp.sln, or null where the tests run away from it.</summary>
    public static string? Root { get; } = FindRoot();

    /// <summary>The ONNX project's own test cases, as Debian's libonnx-testdata installs them; FASTMLP_ONNX_TESTDATA names another place.</summary>
    public static string TestData { get; } = Environment.GetEnvironmentVariable("FASTMLP_ONNX_TESTDATA")
        ?? Path.Combine(Path.GetPathRoot(AppContext.BaseDirectory)!, "usr", "lib", "python3", "dist-packages", "onnx", "backend", "test", "data");

    /// <summary>The file of this test project that the build copies beside it.</summary>
    public static string Beside(params string[] parts) => Path.Combine([AppContext.BaseDirectory, .. parts]);

    private static string? FindRoot()
    {
        DirectoryInfo? folder = new(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "FastMlp.sln")))
        {
            folder = folder.Parent;
        }

        return folder?.FullName;
    }
}
