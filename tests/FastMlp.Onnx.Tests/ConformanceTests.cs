using FastMlp.Onnx.Tests.Support;

namespace FastMlp.Onnx.Tests;

public class ConformanceTests
{
    [Fact]
    public void Explore()
    {
        Assert.SkipUnless(Directory.Exists(Sources.TestData), "no data");
        List<string> lines = [];
        IEnumerator<Verdict> e = Conformance.Run().GetEnumerator();
        while (true)
        {
            try { if (!e.MoveNext()) break; } catch (Exception x) { lines.Add("FAIL " + x.ToString().Replace("\n", " | ")); break; }
            Verdict v = e.Current;
            lines.Add($"{(v.Passed ? "PASS" : v.Refused ? "REF " : "FAIL")} {v.Suite}/{v.Case} [{v.Operators}] {v.Reason.Replace("\n","|")}");
        }
        File.WriteAllLines(Environment.GetEnvironmentVariable("EXPLORE_OUT")!, lines);
    }
}
