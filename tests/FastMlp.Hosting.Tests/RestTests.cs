using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json.Nodes;
using FastMlp.Data;
using FastMlp.Hosting.Tests.Client;

namespace FastMlp.Hosting.Tests;

/// <summary>Every endpoint of the REST protocol, through a client that knows only the specification.</summary>
public class RestTests
{
    private const string Row = """{"id":"é-42","inputs":[{"name":"input","shape":[1,2],"datatype":"FP32","data":[1.5,2]}]}""";

    [Fact]
    public async Task MetadataAndHealthAreThoseOfTheSpecification()
    {
        await using TestServer server = await TestServer.StartAsync();
        RestAnswer about = await server.Rest.Get("v2");
        Assert.Equal(("fastmlp", "binary_tensor_data"), (about.Json!["name"]!.GetValue<string>(), about.Json["extensions"]![0]!.GetValue<string>()));
        Assert.NotEmpty(about.Json["version"]!.GetValue<string>());
        Assert.True((await server.Rest.Get("v2/health/live")).Json!["live"]!.GetValue<bool>());
        Assert.True((await server.Rest.Get("v2/health/ready")).Json!["live"]!.GetValue<bool>());
        RestAnswer ready = await server.Rest.Get("v2/models/iris/ready");
        Assert.Equal(("iris", true), (ready.Json!["name"]!.GetValue<string>(), ready.Json["ready"]!.GetValue<bool>()));

        JsonNode numbers = (await server.Rest.Get("v2/models/numbers")).Json!;
        Assert.Equal("""[{"name":"input","datatype":"FP32","shape":[-1,2]}]""", numbers["inputs"]!.ToJsonString());
        Assert.Equal("""[{"name":"output","datatype":"FP32","shape":[-1,3]}]""", numbers["outputs"]!.ToJsonString());
        JsonNode houses = (await server.Rest.Get("v2/models/houses/versions/1")).Json!;
        Assert.Equal("""[{"name":"size","datatype":"FP64","shape":[-1,1]},{"name":"town","datatype":"BYTES","shape":[-1,1]}]""", houses["inputs"]!.ToJsonString());
        Assert.Equal("class", (await server.Rest.Get("v2/models/iris")).Json!["outputs"]![1]!["name"]!.GetValue<string>());
        foreach (string path in new[] { "v2/models/other", "v2/models/iris/versions/2", "v2/models/other/ready" })
        {
            RestAnswer missing = await server.Rest.Get(path);
            Assert.Equal(HttpStatusCode.NotFound, missing.Status);
            Assert.Contains(path.Contains("other", StringComparison.Ordinal) ? "other" : "version '2'", missing.Error, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task JsonRowsAreAnsweredAndTheIdComesBack()
    {
        await using TestServer server = await TestServer.StartAsync();
        RestAnswer one = await server.Rest.Infer("numbers", Row);
        Assert.Equal((HttpStatusCode.OK, "é-42", "numbers", "1"), (one.Status, one.Json!["id"]!.GetValue<string>(), one.Json["model_name"]!.GetValue<string>(), one.Json["model_version"]!.GetValue<string>()));
        Assert.Equal(new float[] { 3.5f, -0.5f, 7 }, one.Floats("output"));
        Assert.Equal("[1,3]", one.Output("output")["shape"]!.ToJsonString());

        // Nested arrays, members in another order, unknown members, whole numbers, one row without its first dimension.
        RestAnswer two = await server.Rest.Infer("numbers", """ {"extra":{"a":[1,{"b":null}]},"inputs":[{"data":[[1,2],[3,4e0]],"datatype":"INT64","shape":[2,2],"parameters":{"x":1},"name":"\u0069nput"}],"outputs":[{"name":"output"}],"parameters":{"priority":3}} """);
        Assert.Equal(new float[] { 3, -1, 7, 7, -1, 7 }, two.Floats("output"));
        Assert.Null(two.Json!["id"]);
        Assert.Equal(new float[] { 3, -1, 7 }, (await server.Rest.Infer("numbers", """{"inputs":[{"name":"input","shape":[2],"datatype":"FP32","data":[1,2]}]}""")).Floats("output"));
        Assert.Empty((await server.Rest.Infer("numbers", """{"inputs":[{"name":"input","shape":[0,2],"datatype":"FP32","data":[]}]}""")).Floats("output"));

        RestAnswer iris = await server.Rest.Infer("iris/versions/1", """{"inputs":[{"name":"input","shape":[2,4],"datatype":"FP32","data":[5.1,3.5,1.4,0.2,6.7,3.0,5.2,2.3]}]}""");
        Assert.Equal("[\"setosa\",\"virginica\"]", iris.Output("class")["data"]!.ToJsonString());
        Assert.Equal(1, iris.Floats("output")[..3].Sum(), 1e-5f);
        RestAnswer only = await server.Rest.Infer("iris", """{"outputs":[{"name":"class"}],"inputs":[{"name":"input","shape":[1,4],"datatype":"FP32","data":[5.1,3.5,1.4,0.2]}]}""");
        Assert.Single(only.Json!["outputs"]!.AsArray());
    }

    [Fact]
    public async Task RawRowsAreTextsByColumn()
    {
        await using TestServer server = await TestServer.StartAsync();
        using TabularModel model = TabularModel.Load(Path.Combine(server.Folder, "houses.safetensors"));
        float[] expected = [model.Predict(["10", "Ulm"])[0], model.Predict(["3", "Bonn"])[0]];
        RestAnswer byColumn = await server.Rest.Infer("houses", """{"inputs":[{"name":"town","shape":[2,1],"datatype":"BYTES","data":["Ulm","B\u006fnn"]},{"name":"size","shape":[2],"datatype":"FP64","data":[10,3]}]}""");
        RestAnswer together = await server.Rest.Infer("houses", """{"inputs":[{"name":"rows","shape":[2,2],"datatype":"BYTES","data":[["10","Ulm"],[3,"Bonn"]]}]}""");
        RestAnswer binary = await server.Rest.InferBinary(
            "houses",
            """{"inputs":[{"name":"size","shape":[2,1],"datatype":"FP32","parameters":{"binary_data_size":8}},{"name":"town","shape":[2,1],"datatype":"BYTES","parameters":{"binary_data_size":15}}]}""",
            RestClient.Floats(10, 3), RestClient.Texts("Ulm", "Bonn"));
        foreach (RestAnswer answer in new[] { byColumn, together, binary })
        {
            Assert.Equal(HttpStatusCode.OK, answer.Status);
            float[] actual = answer.Floats("output");
            Assert.Equal(expected[0], actual[0], 1f);
            Assert.Equal(expected[1], actual[1], 1f);
        }

        RestAnswer bad = await server.Rest.Infer("houses", """{"inputs":[{"name":"rows","shape":[2,2],"datatype":"BYTES","data":[["10","Ulm"],["big","Bonn"]]}]}""");
        Assert.Equal(HttpStatusCode.BadRequest, bad.Status);
        Assert.Contains("row 1: column 'size'", bad.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task BinaryTensorsGoBothWays()
    {
        await using TestServer server = await TestServer.StartAsync();
        RestAnswer json = await server.Rest.InferBinary("numbers", """{"inputs":[{"name":"input","shape":[2,2],"datatype":"FP32","parameters":{"binary_data_size":16}}]}""", RestClient.Floats(1, 2, 3, 4));
        Assert.Equal(new float[] { 3, -1, 7, 7, -1, 7 }, json.Floats("output"));
        RestAnswer both = await server.Rest.InferBinary(
            "iris",
            """{"id":"a","parameters":{"binary_data_output":true},"inputs":[{"name":"input","shape":[1,4],"datatype":"FP32","parameters":{"binary_data_size":16}}]}""",
            RestClient.Floats(5.1f, 3.5f, 1.4f, 0.2f));
        Assert.Equal((12, 4 + 6), (both.Output("output")["parameters"]!["binary_data_size"]!.GetValue<int>(), both.Output("class")["parameters"]!["binary_data_size"]!.GetValue<int>()));
        Assert.Equal(1, RestClient.Floats(both.Binary.AsSpan(0, 12)).Sum(), 1e-5f);
        Assert.Equal(RestClient.Texts("setosa"), both.Binary[12..]);

        // Without the size, as OpenVINO allows it; 16 bits; the output's own wish.
        byte[] halves = [.. new[] { 1f, 2f }.SelectMany(value => BitConverter.GetBytes((Half)value))];
        Assert.Equal(new float[] { 3, -1, 7 }, (await server.Rest.InferBinary("numbers", """{"inputs":[{"name":"input","shape":[1,2],"datatype":"FP16"}]}""", halves)).Floats("output"));
        byte[] brains = [.. new[] { 1f, 2f }.SelectMany(value => BitConverter.GetBytes((ushort)(BitConverter.SingleToUInt32Bits(value) >> 16)))];
        RestAnswer wish = await server.Rest.InferBinary("numbers", """{"outputs":[{"name":"output","parameters":{"binary_data":true}}],"inputs":[{"name":"input","shape":[1,2],"datatype":"BF16","parameters":{"binary_data_size":4}}]}""", brains);
        Assert.Equal(new float[] { 3, -1, 7 }, RestClient.Floats(wish.Binary));

        // A body of the tensor alone.
        RestAnswer alone = await server.Rest.InferBinary("numbers", "", RestClient.Floats(1, 2));
        Assert.Equal(new float[] { 3, -1, 7 }, RestClient.Floats(alone.Binary));
    }

    [Theory]
    [InlineData("", "'{' was expected")]
    [InlineData("{", "'\"' was expected")]
    [InlineData("[]", "'{' was expected")]
    [InlineData("{}", "no \"inputs\"")]
    [InlineData("""{"inputs":[]}""", "the request has none")]
    [InlineData("""{"inputs":[{"name":"input","shape":[1,2],"datatype":"FP32","data":[1,2]}]} x""", "nothing was expected")]
    [InlineData("""{"inputs":[{"name":"input","shape":[1,2],"datatype":"FP32","data":[1,2,]}]}""", "a number was expected")]
    [InlineData("""{"inputs":[{"name":"input","shape":[1,2],"datatype":"FP32","data":[1,02]}]}""", "a number was expected")]
    [InlineData("""{"inputs":[{"name":"input","shape":[1,2],"datatype":"FP32","data":[1,NaN]}]}""", "a number was expected")]
    [InlineData("""{"inputs":[{"name":"input","shape":[1,2],"datatype":"FP32","data":[1,1e39]}]}""", "beyond the range")]
    [InlineData("""{"inputs":[{"name":"input","shape":[1,2],"datatype":"FP32","data":[1]}]}""", "2 elements by its shape, and 1")]
    [InlineData("""{"inputs":[{"name":"input","shape":[1,3],"datatype":"FP32","data":[1,2,3]}]}""", "its shape is [rows, 2]")]
    [InlineData("""{"inputs":[{"name":"input","shape":[4,1],"datatype":"FP32","data":[1,2,3,4]}]}""", "its shape is [rows, 2]")]
    [InlineData("""{"inputs":[{"name":"input","shape":[-1,2],"datatype":"FP32","data":[1,2]}]}""", "dimension -1")]
    [InlineData("""{"inputs":[{"name":"input","shape":[9999999999,9999999999],"datatype":"FP32","data":[1,2]}]}""", "64 bits")]
    [InlineData("""{"inputs":[{"name":"x","shape":[1,2],"datatype":"FP32","data":[1,2]}]}""", "one input named 'input'")]
    [InlineData("""{"inputs":[{"name":"input","shape":[1,2],"datatype":"FLOAT","data":[1,2]}]}""", "'FLOAT' is none")]
    [InlineData("""{"inputs":[{"name":"input","shape":[1,2],"data":[1,2]}]}""", "lacks its datatype")]
    [InlineData("""{"inputs":[{"name":"input","datatype":"FP32","data":[1,2]}]}""", "lacks its shape")]
    [InlineData("""{"inputs":[{"name":"input","shape":[1,2],"datatype":"FP32"}]}""", "has no data")]
    [InlineData("""{"inputs":[{"name":"input","shape":[1,2],"datatype":"FP32","parameters":{"binary_data_size":8}}]}""", "Inference-Header-Content-Length")]
    [InlineData("""{"inputs":[{"name":"input","shape":[1,2],"datatype":"FP32","data":[1,2]}],"outputs":[{"name":"other"}]}""", "no output 'other'")]
    [InlineData("""{"inputs":[{"name":"input","shape":[1,2],"datatype":"FP32","data":[1,2]}],"outputs":[{"name":"class"}]}""", "no output 'class'")]
    [InlineData("""{"inputs":[{"name":"in\qput","shape":[1,2],"datatype":"FP32","data":[1,2]}]}""", "")]
    public async Task AMalformedRequestIsAnsweredWithWhatIsWrongAndTheNextOneIsServed(string body, string message)
    {
        await using TestServer server = await TestServer.StartAsync();
        RestAnswer refused = await server.Rest.Infer("numbers", body);
        Assert.Equal(HttpStatusCode.BadRequest, refused.Status);
        Assert.Contains(message, refused.Error, StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.OK, (await server.Rest.Infer("numbers", Row)).Status);
    }

    [Fact]
    public async Task ValuesThatAreNotFiniteAreNotAnsweredSilently()
    {
        await using TestServer server = await TestServer.StartAsync();
        RestAnswer nan = await server.Rest.InferBinary("numbers", """{"inputs":[{"name":"input","shape":[2,2],"datatype":"FP32","parameters":{"binary_data_size":16}}]}""", RestClient.Floats(1, 2, 3, float.NaN));
        Assert.Equal(HttpStatusCode.BadRequest, nan.Status);
        Assert.Contains("NaN in row 1, feature 1", nan.Error, StringComparison.Ordinal);
        RestAnswer huge = await server.Rest.Infer("numbers", """{"inputs":[{"name":"input","shape":[1,2],"datatype":"FP32","data":[3e38,3e38]}]}""");
        Assert.Equal(HttpStatusCode.UnprocessableEntity, huge.Status);
    }

    [Fact]
    public async Task LimitsAnswerWithTheirStatus()
    {
        await using TestServer server = await TestServer.StartAsync(options => (options.MaxBodyBytes, options.MaxRows, options.BodyTimeout) = (2000, 3, TimeSpan.FromMilliseconds(500)));
        RestAnswer rows = await server.Rest.Infer("numbers", """{"inputs":[{"name":"input","shape":[4,2],"datatype":"FP32","data":[1,2,3,4,5,6,7,8]}]}""");
        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, rows.Status);
        Assert.Contains("limit of 3", rows.Error, StringComparison.Ordinal);
        RestAnswer large = await server.Rest.Infer("numbers", Row + new string(' ', 3000));
        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, large.Status);
        Assert.Contains("2000 bytes", large.Error, StringComparison.Ordinal);

        // Without a length, the limit is found while reading.
        HttpRequestMessage chunked = new(HttpMethod.Post, "v2/models/numbers/infer") { Content = new StringContent(Row + new string(' ', 3000)) };
        chunked.Headers.TransferEncodingChunked = true;
        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, (await server.Rest.Send(chunked)).Status);

        // A body that does not come.
        using TcpClient slow = new();
        await slow.ConnectAsync(server.Address.Host, server.Address.Port, TestContext.Current.CancellationToken);
        await slow.GetStream().WriteAsync(Encoding.ASCII.GetBytes("POST /v2/models/numbers/infer HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{"), TestContext.Current.CancellationToken);
        using StreamReader reader = new(slow.GetStream());
        Assert.Contains("408", await reader.ReadLineAsync(TestContext.Current.CancellationToken), StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.OK, (await server.Rest.Infer("numbers", Row)).Status);
    }

    [Fact]
    public async Task AbortedRequestsLeaveNothingBehind()
    {
        await using TestServer server = await TestServer.StartAsync(options => options.MaxConcurrentRequests = 50);
        for (int i = 0; i < 500; i++)
        {
            using TcpClient client = new();
            await client.ConnectAsync(server.Address.Host, server.Address.Port, TestContext.Current.CancellationToken);
            await client.GetStream().WriteAsync(Encoding.ASCII.GetBytes("POST /v2/models/numbers/infer HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{\"inputs\""), TestContext.Current.CancellationToken);
            client.LingerState = new LingerOption(true, 0);
        }

        // The places of the aborted ones are free again.
        RestAnswer? answer = null;
        for (int i = 0; i < 100 && answer?.Status != HttpStatusCode.OK; i++)
        {
            answer = await server.Rest.Infer("numbers", Row);
            await Task.Delay(20, TestContext.Current.CancellationToken);
        }

        Assert.Equal(HttpStatusCode.OK, answer!.Status);
        Assert.All(await Task.WhenAll(Enumerable.Range(0, 40).Select(_ => server.Rest.Infer("numbers", Row))), one => Assert.Equal(HttpStatusCode.OK, one.Status));
    }

    [Fact]
    public async Task AKeyIsAskedForButNotForHealth()
    {
        await using TestServer server = await TestServer.StartAsync(options => options.ApiKeys.Add("s3cret"));
        Assert.Equal(HttpStatusCode.OK, (await server.Rest.Get("v2/health/ready")).Status);
        Assert.Equal(HttpStatusCode.Unauthorized, (await server.Rest.Get("v2")).Status);
        Assert.Equal(HttpStatusCode.Unauthorized, (await server.Rest.Infer("numbers", Row)).Status);
        foreach ((string name, string value, bool allowed) in new[] { ("X-Api-Key", "s3cret", true), ("Authorization", "Bearer s3cret", true), ("X-Api-Key", "s3cres", false), ("Authorization", "Basic s3cret", false), ("X-Api-Key", "", false) })
        {
            HttpRequestMessage request = new(HttpMethod.Post, "v2/models/numbers/infer") { Content = new StringContent(Row) };
            request.Headers.TryAddWithoutValidation(name, value);
            Assert.Equal(allowed ? HttpStatusCode.OK : HttpStatusCode.Unauthorized, (await server.Rest.Send(request)).Status);
        }
    }

    [Fact]
    public async Task ANewFileAnswersWithoutARestartAndABadOneDoesNot()
    {
        await using TestServer server = await TestServer.StartAsync();
        string path = Path.Combine(server.Folder, "numbers.safetensors");
        TestServer.Numbers(2).Save(path);
        RestAnswer? answer = null;
        for (int i = 0; i < 200 && answer?.Json!["model_version"]!.GetValue<string>() != "2"; i++)
        {
            await Task.Delay(25, TestContext.Current.CancellationToken);
            answer = await server.Rest.Infer("numbers", Row);
        }

        Assert.Equal(new float[] { 5, -0.5f, 7 }, answer!.Floats("output"));
        Assert.Equal("Healthy", await server.Http.GetStringAsync("healthz", TestContext.Current.CancellationToken));
        await File.WriteAllTextAsync(path, "torn", TestContext.Current.CancellationToken);
        string health = "";
        for (int i = 0; i < 200 && health != "Degraded"; i++)
        {
            await Task.Delay(25, TestContext.Current.CancellationToken);
            health = await server.Http.GetStringAsync("healthz", TestContext.Current.CancellationToken);
        }

        Assert.Equal("Degraded", health);
        Assert.Equal(new float[] { 5, -0.5f, 7 }, (await server.Rest.Infer("numbers", Row)).Floats("output"));
    }

    [Fact]
    public async Task StoppingAnswersWhatWasAccepted()
    {
        await using TestServer server = await TestServer.StartAsync();
        string body = Row + new string(' ', 500);
        List<TcpClient> clients = [];
        try
        {
            // Requests whose bodies are half there when the stop comes.
            for (int i = 0; i < 20; i++)
            {
                TcpClient client = new();
                await client.ConnectAsync(server.Address.Host, server.Address.Port, TestContext.Current.CancellationToken);
                byte[] bytes = Encoding.UTF8.GetBytes(body);
                await client.GetStream().WriteAsync(Encoding.ASCII.GetBytes($"POST /v2/models/numbers/infer HTTP/1.1\r\nHost: x\r\nContent-Length: {bytes.Length}\r\n\r\n"), TestContext.Current.CancellationToken);
                await client.GetStream().WriteAsync(bytes.AsMemory(0, 50), TestContext.Current.CancellationToken);
                clients.Add(client);
            }

            await Task.Delay(300, TestContext.Current.CancellationToken);
            Task stop = server.StopAsync();
            await Task.Delay(100, TestContext.Current.CancellationToken);
            Assert.False(server.Store.IsReady);
            foreach (TcpClient client in clients)
            {
                await client.GetStream().WriteAsync(Encoding.UTF8.GetBytes(body).AsMemory(50), TestContext.Current.CancellationToken);
                using StreamReader reader = new(client.GetStream(), leaveOpen: true);
                Assert.Contains("200", await reader.ReadLineAsync(TestContext.Current.CancellationToken), StringComparison.Ordinal);
            }

            await stop;
        }
        finally
        {
            clients.ForEach(client => client.Dispose());
        }
    }

    [Fact]
    public async Task ThePageIsThere()
    {
        await using TestServer server = await TestServer.StartAsync();
        HttpResponseMessage page = await server.Http.GetAsync("/", TestContext.Current.CancellationToken);
        Assert.Contains("default-src 'none'", page.Headers.GetValues("Content-Security-Policy").Single(), StringComparison.Ordinal);
        Assert.Contains("<title>FastMlp</title>", await page.Content.ReadAsStringAsync(TestContext.Current.CancellationToken), StringComparison.Ordinal);
        JsonNode models = (await server.Rest.Get("v2/models")).Json!;
        Assert.Equal(["houses", "iris", "numbers"], models["models"]!.AsArray().Select(model => model!["name"]!.GetValue<string>()));
    }
}
