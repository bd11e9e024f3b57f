using System.Buffers.Binary;
using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json.Nodes;

namespace FastMlp.Hosting.Tests.Client;

/// <summary>An answer: its status, its JSON, and the bytes behind the JSON.</summary>
internal sealed record RestAnswer(HttpStatusCode Status, JsonNode? Json, byte[] Binary)
{
    public string Error => Json!["error"]!.GetValue<string>();

    public JsonNode Output(string name) => Json!["outputs"]!.AsArray().Single(output => output!["name"]!.GetValue<string>() == name)!;

    public float[] Floats(string name) => [.. Output(name)["data"]!.AsArray().Select(value => value!.GetValue<float>())];
}

/// <summary>A client of the REST protocol, written from its public specification and that of the binary extension. It knows nothing of the server's code.</summary>
internal sealed class RestClient(HttpClient http)
{
    public Task<RestAnswer> Get(string path) => Send(new HttpRequestMessage(HttpMethod.Get, path));

    public Task<RestAnswer> Infer(string model, string json) =>
        Send(new HttpRequestMessage(HttpMethod.Post, $"v2/models/{model}/infer") { Content = new StringContent(json, Encoding.UTF8, "application/json") });

    /// <summary>The JSON, then the tensors in its order.</summary>
    public Task<RestAnswer> InferBinary(string model, string json, params byte[][] tensors)
    {
        byte[] header = Encoding.UTF8.GetBytes(json);
        ByteArrayContent content = new([.. header, .. tensors.SelectMany(tensor => tensor)]);
        content.Headers.ContentType = new MediaTypeHeaderValue("application/octet-stream");
        HttpRequestMessage request = new(HttpMethod.Post, $"v2/models/{model}/infer") { Content = content };
        request.Headers.Add("Inference-Header-Content-Length", header.Length.ToString(System.Globalization.CultureInfo.InvariantCulture));
        return Send(request);
    }

    public async Task<RestAnswer> Send(HttpRequestMessage request)
    {
        using HttpResponseMessage response = await http.SendAsync(request, TestContext.Current.CancellationToken);
        byte[] body = await response.Content.ReadAsByteArrayAsync(TestContext.Current.CancellationToken);
        int length = response.Headers.TryGetValues("Inference-Header-Content-Length", out IEnumerable<string>? values) ? int.Parse(values.Single(), System.Globalization.CultureInfo.InvariantCulture) : body.Length;
        return new RestAnswer(response.StatusCode, length == 0 ? null : JsonNode.Parse(body.AsSpan(0, length)), body[length..]);
    }

    public static byte[] Floats(params float[] values)
    {
        byte[] bytes = new byte[4 * values.Length];
        for (int i = 0; i < values.Length; i++)
        {
            BinaryPrimitives.WriteSingleLittleEndian(bytes.AsSpan(4 * i), values[i]);
        }

        return bytes;
    }

    public static float[] Floats(ReadOnlySpan<byte> bytes)
    {
        float[] values = new float[bytes.Length / 4];
        for (int i = 0; i < values.Length; i++)
        {
            values[i] = BinaryPrimitives.ReadSingleLittleEndian(bytes[(4 * i)..]);
        }

        return values;
    }

    /// <summary>BYTES elements: four bytes of length, then the bytes.</summary>
    public static byte[] Texts(params string[] values) => [.. values.SelectMany(value =>
    {
        byte[] text = Encoding.UTF8.GetBytes(value);
        byte[] length = new byte[4];
        BinaryPrimitives.WriteInt32LittleEndian(length, text.Length);
        return (IEnumerable<byte>)[.. length, .. text];
    })];
}
