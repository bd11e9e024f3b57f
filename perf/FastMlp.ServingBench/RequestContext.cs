#pragma warning disable IDE1006, CA1819 // the names are those of the protocol
using System.Text.Json.Serialization;

namespace FastMlp.ServingBench;

internal sealed record Request(Tensor[] inputs);

internal sealed record Reply(string model_name, Tensor[] outputs);

internal sealed record Tensor(string name, string datatype, int[] shape, float[] data);

/// <summary>The parser that the endpoints beside FastMlp's use: System.Text.Json with code made at build time.</summary>
[JsonSerializable(typeof(Request))]
[JsonSerializable(typeof(Reply))]
internal sealed partial class RequestContext : JsonSerializerContext;
