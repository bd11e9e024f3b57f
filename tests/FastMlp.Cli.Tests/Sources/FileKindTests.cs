using System.IO.Compression;
using System.Text;
using FastMlp.Cli.Tests.Support;

namespace FastMlp.Cli.Tests.Sources;

/// <summary>A file of another format is named by what it is, and the message says what to do.</summary>
public sealed class FileKindTests(TempFolder folder) : IClassFixture<TempFolder>
{
    [Theory]
    [InlineData("PAR1\0\0", "Parquet", "read_parquet")]
    [InlineData("ARROW1\0\0", "Arrow", "read_feather")]
    [InlineData("\u0089HDF\r\n", "HDF5", "CSV")]
    [InlineData("{\"a\": 1}\n{\"a\": 2}\n", "JSON", "read_json")]
    [InlineData("[{\"a\": 1}]", "JSON", "read_json")]
    [InlineData("SQLite format 3\0", "SQLite", "sqlite3")]
    [InlineData("\u0080\u0002}q", "pickle", "savez")]
    [InlineData("\u0089PNG\r\n", "image", "idx")]
    [InlineData("\u00d0\u00cf\u0011\u00e0", "Excel", "CSV")]
    [InlineData("\u0093NUMPY\u0001\0", "NumPy array", ".npy")]
    public void DataOfAnotherFormat(string bytes, string kind, string advice)
    {
        string data = folder.Write($"{kind}.data", Encoding.Latin1.GetBytes(bytes));
        Command.Run("train", data).FailedWith(data, kind, advice);
    }

    [Fact]
    public void Archives()
    {
        Command.Run("train", Zip("sheet.xlsx", "xl/workbook.xml")).FailedWith("Excel", "save the sheet as CSV");
        Command.Run("train", Zip("sheet.ods", "content.xml")).FailedWith("OpenDocument");
        Command.Run("train", Zip("arrays.zip", "x.npy")).FailedWith(".npz");
        Command.Run("train", Zip("data.zip", "data.csv")).FailedWith("zip archive", "unpack");
        Command.Run("inspect", Zip("model.pt", "archive/data.pkl")).FailedWith("model.pt", "pickle");
        Command.Run("inspect", Zip("model.keras", "config.json")).FailedWith("model.keras", "model.weights.h5");
        Command.Run("inspect", Zip("sheet.keras", "xl/workbook.xml")).FailedWith("Excel", "model that can be read");
    }

    [Fact]
    public void AModelAndDataTheWrongWayRound()
    {
        string data = folder.WriteTwoClasses("kinds.csv");
        string model = folder["kinds.safetensors"];
        Command.Run("train", data, "--epochs", "1", "--layers", "4", "--out", model).Done();

        Command.Run("evaluate", model, model).FailedWith("safetensors model", "model comes first");
    }

    [Theory]
    [InlineData("a,b,kind\n1,2,x\n3,4,y\n1,3,x\n2,2,y\n1,2,x\n3,4,y\n1,3,x\n2,2,y\n")]
    [InlineData("\"a\",\"b\",\"kind\"\n1,2,x\n3,4,y\n1,3,x\n2,2,y\n1,2,x\n3,4,y\n1,3,x\n2,2,y\n")]
    public void TextIsLeftToTheReader(string text) =>
        Command.Run("train", folder.Write("plain.csv", text), "--epochs", "1", "--layers", "2", "--out", folder["plain.safetensors"]).Done();

    private string Zip(string name, string entry)
    {
        using (ZipArchive zip = ZipFile.Open(folder[name], ZipArchiveMode.Create))
        {
            using StreamWriter writer = new(zip.CreateEntry(entry).Open());
            writer.Write("x");
        }

        return folder[name];
    }
}
