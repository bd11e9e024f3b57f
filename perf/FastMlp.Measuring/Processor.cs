using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;

namespace FastMlp.Measuring;

/// <summary>What processor this is: a label for figures.</summary>
public static class Processor
{
    private static readonly Lazy<Identity> identity = new(Identify);

    /// <summary>The processor's own name for itself, such as <c>AMD EPYC 7763</c>; "unknown processor" where it does not tell.</summary>
    public static string Name => identity.Value.Name;

    /// <summary>
    /// Vendor, family, model and instruction set in use, such as <c>amd-25-1-avx2</c>: machines of one kind have
    /// comparable speeds. Fit for a file name.
    /// </summary>
    public static string Kind => $"{identity.Value.Kind}-{Slug(InstructionSet.Name)}";

    private static Identity Identify()
    {
        try
        {
            return OperatingSystem.IsLinux() ? IdentifyLinux(File.ReadAllText("/proc/cpuinfo"))
                : OperatingSystem.IsWindows() ? IdentifyWindows(Environment.GetEnvironmentVariable("PROCESSOR_IDENTIFIER") ?? "")
                : OperatingSystem.IsMacOS() ? IdentifyMac()
                : Unknown();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or System.ComponentModel.Win32Exception)
        {
            // Who the processor is labels figures; nothing depends on it.
            return Unknown();
        }
    }

    /// <summary>From the first processor in the kernel's list; arm64 kernels give numbers only.</summary>
    internal static Identity IdentifyLinux(string cpuInfo)
    {
        string? vendor = Field(cpuInfo, "vendor_id");
        if (vendor is not null)
        {
            return new Identity(
                Field(cpuInfo, "model name") ?? vendor,
                $"{Vendor(vendor)}-{Field(cpuInfo, "cpu family") ?? "x"}-{Field(cpuInfo, "model") ?? "x"}");
        }

        string? implementer = Field(cpuInfo, "CPU implementer");
        string? part = Field(cpuInfo, "CPU part");
        return implementer is null || part is null
            ? Unknown()
            : new Identity($"Arm implementer {implementer} part {part}", $"arm-{Slug(implementer)}-{Slug(part)}");
    }

    /// <summary>From Windows' form, such as <c>AMD64 Family 25 Model 1 Stepping 1, AuthenticAMD</c>.</summary>
    internal static Identity IdentifyWindows(string identifier)
    {
        int comma = identifier.LastIndexOf(',');
        string[] words = identifier.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        int family = Array.IndexOf(words, "Family");
        int model = Array.IndexOf(words, "Model");
        return comma < 0 || family < 0 || model < 0 || family + 1 >= words.Length || model + 1 >= words.Length
            ? Unknown()
            : new Identity(identifier, $"{Vendor(identifier[(comma + 1)..].Trim())}-{words[family + 1]}-{words[model + 1]}");
    }

    private static Identity IdentifyMac()
    {
        using Process? process = Process.Start(new ProcessStartInfo("/usr/sbin/sysctl", ["-n", "machdep.cpu.brand_string"]) { RedirectStandardOutput = true });
        string name = process?.StandardOutput.ReadToEnd().Trim() ?? "";
        return name.Length == 0 ? Unknown() : new Identity(name, Slug(name));
    }

    private static Identity Unknown() =>
        new("unknown processor", $"unknown-{Slug(RuntimeInformation.ProcessArchitecture.ToString())}");

    private static string? Field(string cpuInfo, string name)
    {
        foreach (ReadOnlySpan<char> line in cpuInfo.AsSpan().EnumerateLines())
        {
            int colon = line.IndexOf(':');
            if (colon > 0 && line[..colon].Trim().SequenceEqual(name))
            {
                return line[(colon + 1)..].Trim().ToString();
            }
        }

        return null;
    }

    private static string Vendor(string id) => id switch
    {
        "AuthenticAMD" => "amd",
        "GenuineIntel" => "intel",
        _ => Slug(id),
    };

    /// <summary>Lower case, with a hyphen for each run of anything but letters and digits.</summary>
    private static string Slug(string text) => string.Join(
        '-',
        new string([.. text.ToLower(CultureInfo.InvariantCulture).Select(c => char.IsAsciiLetterOrDigit(c) ? c : ' ')])
            .Split(' ', StringSplitOptions.RemoveEmptyEntries));

    internal readonly record struct Identity(string Name, string Kind);
}
