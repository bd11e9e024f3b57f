using System.Text;
using System.Text.Json;

namespace FastMlp.Data;

/// <summary>Rungs that were done, as JSON lines behind a line that says of what search. A line that a kill cut off is left out and written anew.</summary>
internal sealed class TrialJournal : IDisposable
{
    private readonly Dictionary<(int Trial, int Rung), (int BestEpoch, double Score)> known = [];
    private readonly FileStream? file;

    /// <param name="path">The file; null keeps nothing.</param>
    /// <param name="search">What decides the result: a journal of another search is refused.</param>
    /// <exception cref="ArgumentException">The file is of another search, or no journal.</exception>
    public TrialJournal(string? path, string search)
    {
        if (path is null)
        {
            return;
        }

        file = new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.Read);
        try
        {
            Read(path, search);
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    public (int BestEpoch, double Score)? Find(int trial, int rung) => known.TryGetValue((trial, rung), out (int, double) found) ? found : null;

    /// <summary>Appends a line and sees it to the disk.</summary>
    public void Add(TrialReport report)
    {
        Write(Json.Write(json =>
        {
            json.WriteStartObject();
            json.WriteNumber("trial", report.Trial);
            json.WriteNumber("rung", report.Rung);
            json.WriteNumber("epochs", report.Epochs);
            json.WriteNumber("bestEpoch", report.BestEpoch);
            if (double.IsFinite(report.Score))
            {
                json.WriteNumber("score", report.Score);
            }
            else
            {
                json.WriteNull("score");
            }

            report.Settings.Write(json);
            json.WriteEndObject();
        }));
    }

    public void Dispose() => file?.Dispose();

    private void Read(string path, string search)
    {
        byte[] bytes = new byte[file!.Length];
        file.ReadExactly(bytes);
        int whole = Array.LastIndexOf(bytes, (byte)'\n') + 1;
        file.SetLength(whole);
        file.Position = whole;
        string[] lines = Encoding.UTF8.GetString(bytes, 0, whole).Split('\n', StringSplitOptions.RemoveEmptyEntries);
        if (lines.Length == 0)
        {
            Write(Json.Write(json =>
            {
                json.WriteStartObject();
                json.WriteString("search", search);
                json.WriteEndObject();
            }));
            return;
        }

        try
        {
            using JsonDocument head = JsonDocument.Parse(lines[0]);
            string was = head.RootElement.GetProperty("search").GetString() ?? "";
            if (was != search)
            {
                throw new ArgumentException($"The journal {path} is of another search ({was}); this one is {search}. Give another file, or the data and options of that search.");
            }

            foreach (string line in lines.Skip(1))
            {
                using JsonDocument document = JsonDocument.Parse(line);
                JsonElement one = document.RootElement;
                JsonElement score = one.GetProperty("score");
                known[(one.GetProperty("trial").GetInt32(), one.GetProperty("rung").GetInt32())] =
                    (one.GetProperty("bestEpoch").GetInt32(), score.ValueKind == JsonValueKind.Null ? double.NaN : score.GetDouble());
            }
        }
        catch (Exception exception) when (exception is JsonException or KeyNotFoundException or InvalidOperationException or FormatException)
        {
            throw new ArgumentException($"The file {path} is no journal of a search: {exception.Message}", exception);
        }
    }

    private void Write(string line)
    {
        if (file is null)
        {
            return;
        }

        lock (known)
        {
            file.Write(Encoding.UTF8.GetBytes(line + "\n"));
            file.Flush(flushToDisk: true);
        }
    }
}
