using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using System.Xml.Linq;
using FastMlp.Cli.Tests.Support;

namespace FastMlp.Cli.Tests.Reporting.Html;

/// <summary>The pages of <c>--report</c>: whole, safe, self-contained, and in order in a browser.</summary>
public sealed partial class ReportTests(TempFolder folder) : IClassFixture<TempFolder>
{
    // Four pages in four views take a few seconds; this only ends a hang.
    private const int PatienceMilliseconds = 120_000;

    private const string Script = "<script>alert(1)</script>";
    private const string Image = "x' onerror='alert(2)\" <img src=x onerror=alert(3)>";
    private const string Style = "</style><svg onload=alert(4)>&amp;";

    [Fact]
    public void DigitsAsImages()
    {
        XElement page = Train("digits", "--epochs", "3", "--layers", "16");

        Assert.Equal(["Figures", "Training", "How well it tells classes apart", "The worst mistakes", "What matters", "Inside the network", "The run"], Titles(page, "h2"));
        Assert.Equal(["Beside a baseline", "Other figures", "Loss", "Accuracy", "Learning rate", "Confusion matrix", "Each class", "ROC", "Calibration"], Titles(page, "h3").Take(9));
        Assert.Contains(page.Descendants("td"), cell => cell.Value == "a linear model");

        // Sixteen units, the map of the pixels, and each mistake as an image.
        Assert.Equal(16, page.Descendants("img").Count(image => image.Attribute("alt")!.Value.StartsWith("weights of unit", StringComparison.Ordinal)));
        Assert.Single(page.Descendants("img"), image => image.Attribute("class")?.Value == "heat");
        Assert.InRange(page.Descendants("img").Count(image => image.Attribute("class")?.Value == "ink"), 1, 24);

        // The matrix has every test row once.
        XElement matrix = page.Descendants("table").Single(table => table.Attribute("class")?.Value == "matrix");
        Assert.Equal(450, matrix.Descendants("td").Sum(cell => int.TryParse(cell.Value, out int count) ? count : 0));
    }

    [Fact]
    public void DiabetesAsValues()
    {
        XElement page = Train("diabetes", "--epochs", "5", "--layers", "8");

        Assert.Contains("Predicted against actual: progression", Titles(page, "h3"));
        XElement[] bars = [.. page.Descendants("div").Single(div => div.Attribute("class")?.Value == "bars").Elements("span")];
        Assert.Equal(20, bars.Length); // ten columns, each with its name and its figures
        Assert.Contains("bmi", bars.Select(bar => bar.Value));
        Assert.Empty(page.Descendants("img"));
    }

    [Fact]
    public void HostileNamesStayText()
    {
        XElement page = Train(WriteHostile("hostile.csv"), "--missing", "indicator", "--epochs", "30", "--layers", "8");
        string text = page.Value;

        Assert.Contains(Script, text, StringComparison.Ordinal);
        Assert.Contains(Image, text, StringComparison.Ordinal);
        Assert.Contains(Style, text, StringComparison.Ordinal);
        Assert.Empty(page.Descendants("script"));
        Assert.DoesNotContain(page.DescendantsAndSelf().Attributes(), attribute => attribute.Name.LocalName.StartsWith("on", StringComparison.OrdinalIgnoreCase));

        // The page of a stored model on the same rows.
        string model = folder["hostile.csv.safetensors"];
        JsonElement json = Command.Run("evaluate", model, folder["hostile.csv"], "--report", folder["again.html"], "--json").Done().Json();
        Assert.Equal(folder["again.html"], json.GetProperty("report").GetString());
        Assert.DoesNotContain("Training", Titles(Read(folder["again.html"]), "h2"));
    }

    [Fact]
    public void TwoColumnsHaveASurfaceAndImportanceFindsTheColumnThatCounts()
    {
        XElement page = Train(folder.WriteTwoClasses("two.csv"), "--epochs", "20", "--layers", "8");
        Assert.Contains("What was read", Titles(page, "h2"));
        Assert.Contains("The decision surface", Titles(page, "h2"));
        Assert.Single(page.Descendants("image"));

        Random random = new(5);
        StringBuilder text = new("noise,signal,z\n");
        for (int i = 0; i < 300; i++)
        {
            double signal = random.NextDouble();
            text.Append(CultureInfo.InvariantCulture, $"{random.NextDouble():F4},{signal:F4},{3 * signal:F4}\n");
        }

        XElement values = Train(folder.Write("signal.csv", text.ToString()), "--epochs", "60", "--layers", "8");
        Assert.Equal(["signal", "noise"], values.Descendants("div").Single(div => div.Attribute("class")?.Value == "bars").Elements("span").Where((_, i) => i % 2 == 0).Select(name => name.Value));
    }

    [Fact]
    public void WithoutTestRowsWithoutOthersAndFromAStream()
    {
        Assert.Contains("Of 15 validation rows.", Train("iris", "--epochs", "2", "--layers", "4", "--test", "0").Value, StringComparison.Ordinal);
        Assert.Contains("Of 150 training rows.", Train("iris", "--epochs", "2", "--layers", "4", "--test", "0", "--validation", "0").Value, StringComparison.Ordinal);
        Assert.Contains("first test rows", Train(folder.WritePlane("plane.csv"), "--epochs", "2", "--layers", "4", "--stream").Value, StringComparison.Ordinal);
    }

    [Fact]
    public void AFolderOfIdxFilesIsImages()
    {
        XElement page = Train(folder.WriteIdx("quarters"), "--epochs", "1", "--layers", "4");
        Assert.Contains("What the first layer looks for", Titles(page, "h3"));
    }

    [Fact]
    public void APageThatCannotBeWrittenIsFoundBeforeTraining()
    {
        Command.Run("train", "iris", "--report", Path.Combine(folder["nowhere"], "x.html")).FailedWith("--report", "nowhere");
        Command.Run("train", "iris", "--report", folder.Root).FailedWith("--report", "folder");
    }

    [Fact]
    public void ABrowserHasNothingToComplainOf()
    {
        string? chromium = new[] { "chromium", "chromium-browser", "google-chrome" }.FirstOrDefault(IsInstalled);
        Assert.SkipWhen(chromium is null, "There is no Chromium here to open the pages with.");
        Assert.SkipWhen(!IsInstalled("node"), "There is no node here to talk to Chromium.");
        Train("digits", "--epochs", "2");
        Train("diabetes", "--epochs", "2");
        Train(WriteHostile("hostile.csv"), "--missing", "indicator", "--epochs", "3");
        Train(folder.WriteTwoClasses("two.csv"), "--epochs", "3");

        using JsonDocument seen = JsonDocument.Parse(Run("node", [Beside("view-page.cjs"), chromium!,
            folder["digits.html"], folder["diabetes.html"], folder["hostile.csv.html"], folder["two.csv.html"]]));

        Assert.Equal(16, seen.RootElement.GetArrayLength());
        Assert.All(seen.RootElement.EnumerateArray(), view =>
        {
            Assert.Equal("", string.Join("; ", view.GetProperty("messages").EnumerateArray().Concat(view.GetProperty("requests").EnumerateArray())));
            Assert.True(view.GetProperty("scrollWidth").GetInt32() <= view.GetProperty("width").GetInt32(), view.ToString());
        });
    }

    private XElement Train(string data, params string[] options)
    {
        string name = Path.GetFileName(data);
        string path = folder[$"{name}.html"];
        CommandResult result = Command.Run(["train", data, "--report", path, "--out", folder[$"{name}.safetensors"], .. options]).Done();
        Assert.Contains($"{path} (", result.Output, StringComparison.Ordinal);
        return Read(path);
    }

    /// <summary>The page as XML, which it is only if every element ends and every name is escaped; it may refer to nothing outside.</summary>
    private static XElement Read(string path)
    {
        string text = File.ReadAllText(path);
        Assert.StartsWith("<!DOCTYPE html>", text, StringComparison.Ordinal);
        Assert.DoesNotMatch(Outside(), Embedded().Replace(text, "\""));
        XElement page = XDocument.Parse(text).Root!;
        Assert.All(page.DescendantsAndSelf().Attributes().Where(attribute => attribute.Name.LocalName is "src" or "href" or "srcset" or "data" or "action"),
            attribute => Assert.StartsWith("data:image/png;base64,", attribute.Value, StringComparison.Ordinal));
        Assert.DoesNotContain(page.Descendants(), element => element.Name.LocalName is "script" or "link" or "iframe" or "object" or "base");

        // A drawing with a number that is none would be empty.
        Assert.DoesNotContain("NaN", string.Concat(page.Descendants("svg").Select(svg => svg.ToString())), StringComparison.Ordinal);
        return page;
    }

    private static string[] Titles(XElement page, string level) => [.. page.Descendants(level).Select(title => title.Value)];

    private string WriteHostile(string name)
    {
        StringBuilder text = new($"{Quoted(Script)},{Quoted(Image)},size,{Quoted(Style)}\n");
        for (int i = 0; i < 120; i++)
        {
            string kind = new[] { Script, Image, "plain, text" }[i % 3];
            text.Append(CultureInfo.InvariantCulture, $"{i % 7},{Quoted(kind)},{(i % 5 == 0 ? "" : $"{i % 11}")},{Quoted(i % 7 > 3 ? Script : i % 2 == 0 ? Style : "fine")}\n");
        }

        return folder.Write(name, text.ToString());
    }

    private static string Quoted(string field) => $"\"{field.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";

    private static bool IsInstalled(string program) => (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator)
        .Any(path => path.Length > 0 && (File.Exists(Path.Combine(path, program)) || File.Exists(Path.Combine(path, program + ".exe"))));

    private static string Beside(string name) => Path.Combine(AppContext.BaseDirectory, "Support", name);

    private static string Run(string program, string[] arguments)
    {
        ProcessStartInfo start = new(program, arguments) { RedirectStandardError = true, RedirectStandardOutput = true };
        using Process process = Process.Start(start) ?? throw new Win32Exception(program);
        Task<string> error = process.StandardError.ReadToEndAsync();
        Task<string> output = process.StandardOutput.ReadToEndAsync();
        if (!process.WaitForExit(PatienceMilliseconds))
        {
            process.Kill(entireProcessTree: true);
            Assert.Fail("The browser did not end.");
        }

        Assert.True(process.ExitCode == 0, error.Result + output.Result);
        return output.Result;
    }

    [GeneratedRegex("https?:|url\\(|@import|//[a-z]", RegexOptions.IgnoreCase)]
    private static partial Regex Outside();

    [GeneratedRegex("\"data:image/png;base64,[A-Za-z0-9+/=]*")]
    private static partial Regex Embedded();
}
