using FastMlp.Hosting.Tests.Client;
using Google.Protobuf;
using Grpc.Core;
using Specification;

namespace FastMlp.Hosting.Tests;

/// <summary>Every call of the gRPC protocol, through a client made of the public specification.</summary>
public class GrpcTests
{
    [Fact]
    public async Task EveryCallIsAnswered()
    {
        await using TestServer server = await TestServer.StartAsync();
        Assert.True((await server.Grpc.ServerLiveAsync(new ServerLiveRequest())).Live);
        Assert.True((await server.Grpc.ServerReadyAsync(new ServerReadyRequest())).Ready);
        Assert.True((await server.Grpc.ModelReadyAsync(new ModelReadyRequest { Name = "iris", Version = "1" })).Ready);
        Assert.Equal(("fastmlp", "binary_tensor_data"), ((await server.Grpc.ServerMetadataAsync(new ServerMetadataRequest())).Name, (await server.Grpc.ServerMetadataAsync(new ServerMetadataRequest())).Extensions.Single()));
        ModelMetadataResponse iris = await server.Grpc.ModelMetadataAsync(new ModelMetadataRequest { Name = "iris" });
        Assert.Equal(("iris", "1", "input", "FP32"), (iris.Name, iris.Versions.Single(), iris.Inputs.Single().Name, iris.Inputs.Single().Datatype));
        Assert.Equal([-1L, 4L], iris.Inputs.Single().Shape);

        ModelInferRequest typed = new() { ModelName = "numbers", Id = "42" };
        typed.Inputs.Add(new ModelInferRequest.Types.InferInputTensor { Name = "input", Datatype = "FP32", Shape = { 2, 2 }, Contents = new InferTensorContents { Fp32Contents = { 1, 2, 3, 4 } } });
        ModelInferResponse answer = await server.Grpc.ModelInferAsync(typed);
        Assert.Equal(("numbers", "1", "42"), (answer.ModelName, answer.ModelVersion, answer.Id));
        Assert.Equal([3, -1, 7, 7, -1, 7], answer.Outputs.Single().Contents.Fp32Contents);
        Assert.Equal([2L, 3L], answer.Outputs.Single().Shape);

        ModelInferRequest raw = new() { ModelName = "iris", RawInputContents = { ByteString.CopyFrom(RestClient.Floats(5.1f, 3.5f, 1.4f, 0.2f)) } };
        raw.Inputs.Add(new ModelInferRequest.Types.InferInputTensor { Name = "input", Datatype = "FP32", Shape = { 1, 4 } });
        ModelInferResponse rawAnswer = await server.Grpc.ModelInferAsync(raw);
        Assert.Equal(1, RestClient.Floats(rawAnswer.RawOutputContents[0].Span).Sum(), 1e-5f);
        Assert.Equal(RestClient.Texts("setosa"), rawAnswer.RawOutputContents[1].ToByteArray());

        ModelInferRequest rows = new() { ModelName = "houses" };
        rows.Inputs.Add(new ModelInferRequest.Types.InferInputTensor { Name = "town", Datatype = "BYTES", Shape = { 1, 1 }, Contents = new InferTensorContents { BytesContents = { ByteString.CopyFromUtf8("Ulm") } } });
        rows.Inputs.Add(new ModelInferRequest.Types.InferInputTensor { Name = "size", Datatype = "FP64", Shape = { 1, 1 }, Contents = new InferTensorContents { Fp64Contents = { 10 } } });
        float price = (await server.Grpc.ModelInferAsync(rows)).Outputs.Single().Contents.Fp32Contents.Single();
        Assert.Equal(150_000, price, 5_000f);
    }

    [Fact]
    public async Task WrongCallsHaveTheirStatus()
    {
        await using TestServer server = await TestServer.StartAsync(options => (options.MaxRows, options.MaxBodyBytes) = (2, 5_000_000));
        Assert.Equal(StatusCode.NotFound, await Status(() => server.Grpc.ModelReadyAsync(new ModelReadyRequest { Name = "other" })));
        Assert.Equal(StatusCode.NotFound, await Status(() => server.Grpc.ModelInferAsync(new ModelInferRequest { ModelName = "numbers", ModelVersion = "9" })));
        Assert.Equal(StatusCode.InvalidArgument, await Status(() => server.Grpc.ModelInferAsync(new ModelInferRequest { ModelName = "numbers" })));
        Assert.Equal(StatusCode.InvalidArgument, await Status(() => server.Grpc.ModelInferAsync(Rows(1, "FLOAT"))));
        Assert.Equal(StatusCode.ResourceExhausted, await Status(() => server.Grpc.ModelInferAsync(Rows(3, "FP32"))));

        // More than gRPC's own 4 MB, less than the limit: it is read, and refused for its rows only.
        Assert.Contains("limit of 2", (await Assert.ThrowsAsync<RpcException>(async () => await server.Grpc.ModelInferAsync(Rows(600_000, "FP32")))).Status.Detail, StringComparison.Ordinal);
        Assert.Equal(StatusCode.ResourceExhausted, await Status(() => server.Grpc.ModelInferAsync(Rows(700_000, "FP32"))));
        Assert.Equal([2, 0, 7], (await server.Grpc.ModelInferAsync(Rows(1, "FP32"))).Outputs.Single().Contents.Fp32Contents);

        await using TestServer locked = await TestServer.StartAsync(options => options.ApiKeys.Add("s3cret"));
        Assert.Equal(StatusCode.Unauthenticated, await Status(() => locked.Grpc.ModelInferAsync(Rows(1, "FP32"))));
        Assert.Single((await locked.Grpc.ModelInferAsync(Rows(1, "FP32"), new Metadata { { "authorization", "Bearer s3cret" } })).Outputs);
        Assert.True((await locked.Grpc.ServerLiveAsync(new ServerLiveRequest())).Live);
    }

    private static ModelInferRequest Rows(int rows, string type)
    {
        ModelInferRequest request = new() { ModelName = "numbers" };
        request.Inputs.Add(new ModelInferRequest.Types.InferInputTensor { Name = "input", Datatype = type, Shape = { rows, 2 }, Contents = new InferTensorContents() });
        request.Inputs[0].Contents.Fp32Contents.AddRange(Enumerable.Repeat(1f, 2 * rows));
        return request;
    }

    private static async Task<StatusCode> Status<T>(Func<AsyncUnaryCall<T>> call) => (await Assert.ThrowsAsync<RpcException>(async () => await call())).StatusCode;
}
