using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using FastMlp.Hosting.Protocol.Grpc;
using global::Grpc.Core;
using Google.Protobuf;

namespace FastMlp.Hosting.Protocol;

/// <summary>The Open Inference Protocol over gRPC.</summary>
internal sealed class GrpcInferenceService(InferenceServer server) : GRPCInferenceService.GRPCInferenceServiceBase
{
    public override Task<ServerLiveResponse> ServerLive(ServerLiveRequest request, ServerCallContext context) => Task.FromResult(new ServerLiveResponse { Live = true });

    public override Task<ServerReadyResponse> ServerReady(ServerReadyRequest request, ServerCallContext context) => Task.FromResult(new ServerReadyResponse { Ready = server.Store.IsReady });

    public override async Task<ModelReadyResponse> ModelReady(ModelReadyRequest request, ServerCallContext context)
    {
        ServedModel model = await FindAsync(request.Name, request.Version, context).ConfigureAwait(false);
        return new ModelReadyResponse { Ready = model.Live.Version is not null && server.Store.IsReady };
    }

    public override Task<ServerMetadataResponse> ServerMetadata(ServerMetadataRequest request, ServerCallContext context)
    {
        CheckKey(context);
        return Task.FromResult(new ServerMetadataResponse { Name = InferenceServer.ServerName, Version = InferenceServer.ServerVersion, Extensions = { InferenceServer.Extensions } });
    }

    public override async Task<ModelMetadataResponse> ModelMetadata(ModelMetadataRequest request, ServerCallContext context)
    {
        ServedModel model = await FindAsync(request.Name, request.Version, context).ConfigureAwait(false);
        ModelContract contract = InferenceServer.ContractOf(model);
        return new ModelMetadataResponse
        {
            Name = model.Name,
            Versions = { Text(model.Live.Version!.Number) },
            Platform = InferenceServer.ServerName,
            Inputs = { InferenceServer.InputsOf(contract).Select(Described) },
            Outputs = { InferenceServer.OutputsOf(contract).Select(Described) },
        };

        static ModelMetadataResponse.Types.TensorMetadata Described((string Name, string Type, long[] Shape) tensor) => new() { Name = tensor.Name, Datatype = tensor.Type, Shape = { tensor.Shape } };
    }

    public override async Task<ModelInferResponse> ModelInfer(ModelInferRequest request, ServerCallContext context)
    {
        InferCall? call = null;
        string name = "", status = "OK";
        try
        {
            call = server.Begin();
            ServedModel model = await FindAsync(request.ModelName, request.ModelVersion, context).ConfigureAwait(false);
            name = model.Name;
            ModelContract contract = InferenceServer.ContractOf(model);
            Take(call, request, contract);
            server.Run(call, model, contract);
            return Answer(call, request, model.Name);
        }
        catch (RequestRefusedException exception)
        {
            RpcException refused = Refused(exception);
            status = refused.StatusCode.ToString();
            throw refused;
        }
        catch (OverflowException)
        {
            status = nameof(StatusCode.InvalidArgument);
            throw new RpcException(new Status(StatusCode.InvalidArgument, "the request describes more than memory can hold."));
        }
        catch (RpcException exception)
        {
            status = exception.StatusCode.ToString();
            throw;
        }
        finally
        {
            server.End(call, name, "grpc", status);
        }
    }

    private static void Take(InferCall call, ModelInferRequest request, ModelContract contract)
    {
        bool isRaw = request.RawInputContents.Count > 0;
        if (isRaw && request.RawInputContents.Count != request.Inputs.Count)
        {
            throw new RequestRefusedException($"there are {request.Inputs.Count} inputs, and raw contents for {request.RawInputContents.Count}.");
        }

        for (int i = 0; i < request.Inputs.Count; i++)
        {
            ModelInferRequest.Types.InferInputTensor given = request.Inputs[i];
            ref InputTensor input = ref call.Add(Encoding.UTF8.GetBytes(given.Name));
            input.Type = TensorTypes.Of(Encoding.UTF8.GetBytes(given.Datatype));
            if (input.Type == TensorType.None)
            {
                throw new RequestRefusedException($"the datatype '{given.Datatype}' of the input '{given.Name}' is none of the protocol.");
            }

            foreach (long size in given.Shape)
            {
                input.Dimension(size);
            }

            if (isRaw)
            {
                (input.IsRaw, input.Raw) = (true, request.RawInputContents[i].Memory);
            }
            else
            {
                TakeContents(call, ref input, given.Contents ?? new InferTensorContents(), contract.TakesColumns);
            }
        }

        foreach (ModelInferRequest.Types.InferRequestedOutputTensor output in request.Outputs)
        {
            call.Want(Encoding.UTF8.GetBytes(output.Name), binary: null);
        }

        call.EndOutputs();
    }

    private static void TakeContents(InferCall call, ref InputTensor input, InferTensorContents contents, bool asTexts)
    {
        if (contents.BytesContents.Count > 0)
        {
            if (!asTexts)
            {
                throw new RequestRefusedException($"the input '{InputTensor.Text(input.Name)}' takes numbers, not BYTES.");
            }

            foreach (ByteString text in contents.BytesContents)
            {
                call.AddText(ref input, text.ToStringUtf8());
            }

            return;
        }

        IEnumerable<double> values = contents.Fp64Contents
            .Concat(contents.IntContents.Select(value => (double)value))
            .Concat(contents.Int64Contents.Select(value => (double)value))
            .Concat(contents.UintContents.Select(value => (double)value))
            .Concat(contents.Uint64Contents.Select(value => (double)value))
            .Concat(contents.BoolContents.Select(value => value ? 1d : 0d));
        if (asTexts)
        {
            foreach (string? text in contents.Fp32Contents.Select(value => float.IsNaN(value) ? null : value.ToString("R", CultureInfo.InvariantCulture))
                .Concat(values.Select(value => double.IsNaN(value) ? null : value.ToString("R", CultureInfo.InvariantCulture))))
            {
                call.AddText(ref input, text);
            }
        }
        else if (contents.Fp32Contents.Count > 0)
        {
            float[] copy = new float[contents.Fp32Contents.Count];
            contents.Fp32Contents.CopyTo(copy, 0);
            call.AddNumbers(ref input, copy);
        }
        else
        {
            call.AddNumbers(ref input, [.. values.Select(value => (float)value)]);
        }
    }

    private static ModelInferResponse Answer(InferCall call, ModelInferRequest request, string model)
    {
        ModelContract contract = call.Contract;
        ModelInferResponse answer = new() { ModelName = model, ModelVersion = Text(call.Version!.Number), Id = request.Id };

        // As the request came, so goes the answer: raw contents for raw contents.
        bool isRaw = request.RawInputContents.Count > 0;
        if (call.WantsOutput)
        {
            ModelInferResponse.Types.InferOutputTensor output = new() { Name = InferCall.Output, Datatype = "FP32", Shape = { call.RowCount, contract.OutputCount } };
            if (isRaw)
            {
                answer.RawOutputContents.Add(BitConverter.IsLittleEndian ? ByteString.CopyFrom(MemoryMarshal.AsBytes(call.Outputs)) : ByteString.CopyFrom([.. call.Outputs.ToArray().SelectMany(value => BitConverter.GetBytes(value).Reverse())]));
            }
            else
            {
                output.Contents = new InferTensorContents();
                output.Contents.Fp32Contents.AddRange(call.Outputs.ToArray());
            }

            answer.Outputs.Add(output);
        }

        if (call.WantsClass)
        {
            ModelInferResponse.Types.InferOutputTensor output = new() { Name = InferCall.Class, Datatype = "BYTES", Shape = { call.RowCount } };
            IEnumerable<byte[]> names = Enumerable.Range(0, call.RowCount).Select(row => contract.ClassesAsBytes[call.ClassOf(row)]);
            if (isRaw)
            {
                using MemoryStream raw = new();
                Span<byte> length = stackalloc byte[4];
                foreach (byte[] text in names)
                {
                    System.Buffers.Binary.BinaryPrimitives.WriteInt32LittleEndian(length, text.Length);
                    raw.Write(length);
                    raw.Write(text);
                }

                answer.RawOutputContents.Add(ByteString.CopyFrom(raw.ToArray()));
            }
            else
            {
                output.Contents = new InferTensorContents();
                output.Contents.BytesContents.AddRange(names.Select(text => ByteString.CopyFrom(text)));
            }

            answer.Outputs.Add(output);
        }

        return answer;
    }

    private async ValueTask<ServedModel> FindAsync(string name, string version, ServerCallContext context)
    {
        CheckKey(context);
        try
        {
            return await server.FindAsync(name, version, context.CancellationToken).ConfigureAwait(false);
        }
        catch (RequestRefusedException exception)
        {
            throw Refused(exception);
        }
    }

    private void CheckKey(ServerCallContext context)
    {
        if (!server.Keys.Allows(context.GetHttpContext().Request))
        {
            throw new RpcException(new Status(StatusCode.Unauthenticated, "the call needs a key of this service, as the metadata 'authorization: Bearer KEY' or 'x-api-key: KEY'."));
        }
    }

    private static RpcException Refused(RequestRefusedException exception) => new(new Status(
        exception.Status switch
        {
            404 => StatusCode.NotFound,
            413 => StatusCode.ResourceExhausted,
            503 => StatusCode.Unavailable,
            409 => StatusCode.Aborted,
            _ => StatusCode.InvalidArgument,
        },
        exception.Message));

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
}
