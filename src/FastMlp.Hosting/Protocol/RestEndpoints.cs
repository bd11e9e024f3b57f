using System.Buffers;
using System.Globalization;
using System.IO.Pipelines;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Routing;

namespace FastMlp.Hosting.Protocol;

/// <summary>The Open Inference Protocol over HTTP.</summary>
internal sealed class RestEndpoints(InferenceServer server)
{
    private const string HeaderLength = "Inference-Header-Content-Length";

    public void Map(IEndpointRouteBuilder routes)
    {
        routes.MapGet("/v2", Guarded(ServerMetadata));
        routes.MapGet("/v2/health/live", context => Json(context, 200, json => json.WriteBoolean("live", true)));
        routes.MapGet("/v2/health/ready", Ready);
        routes.MapGet("/v2/models", Guarded(Models));
        foreach (string model in new[] { "/v2/models/{model}", "/v2/models/{model}/versions/{version}" })
        {
            routes.MapGet(model, Guarded(ModelMetadata));
            routes.MapGet(model + "/ready", Guarded(ModelReady));
            routes.MapPost(model + "/infer", Infer);
        }
    }

    private Task Ready(HttpContext context)
    {
        bool ready = server.Store.IsReady;
        return Json(context, ready ? 200 : 503, json =>
        {
            json.WriteBoolean("live", true);
            json.WriteBoolean("ready", ready);
        });
    }

    private Task ServerMetadata(HttpContext context) => Json(context, 200, json =>
    {
        json.WriteString("name", InferenceServer.ServerName);
        json.WriteString("version", InferenceServer.ServerVersion);
        Strings(json, "extensions", InferenceServer.Extensions);
    });

    private Task Models(HttpContext context) => Json(context, 200, json =>
    {
        json.WriteStartArray("models");
        foreach (string name in server.Store.Names)
        {
            ServedModel? model = server.Store.Loaded.FirstOrDefault(one => one.Name == name);
            json.WriteStartObject();
            json.WriteString("name", name);
            json.WriteBoolean("loaded", model?.Live.Version is not null);
            if (model?.Live.Version is { } version)
            {
                json.WriteString("version", Text(version.Number));
                json.WriteString("published", version.Published);
                json.WriteString("fingerprint", version.Fingerprint);
                json.WriteNumber("parameters", version.ParameterCount);
                json.WriteNumber("swaps", model.Live.Swaps);
                json.WriteString("lastRefusal", model.Live.LastRefusal);
            }

            json.WriteEndObject();
        }

        json.WriteEndArray();
    });

    private async Task ModelMetadata(HttpContext context)
    {
        ServedModel model = await FindAsync(context).ConfigureAwait(false);
        ModelContract contract = InferenceServer.ContractOf(model);
        await Json(context, 200, json =>
        {
            json.WriteString("name", model.Name);
            Strings(json, "versions", [Text(model.Live.Version!.Number)]);
            json.WriteString("platform", InferenceServer.ServerName);
            Tensors(json, "inputs", InferenceServer.InputsOf(contract));
            Tensors(json, "outputs", InferenceServer.OutputsOf(contract));
            json.WriteStartObject("parameters");
            Strings(json, "feature_names", contract.TakesColumns ? contract.Columns : contract.FeatureNames);
            Strings(json, "output_names", contract.OutputNames);
            Strings(json, "class_names", contract.ClassNames);
            json.WriteEndObject();
        }).ConfigureAwait(false);
    }

    private async Task ModelReady(HttpContext context)
    {
        ServedModel model = await FindAsync(context).ConfigureAwait(false);
        bool ready = model.Live.Version is not null && server.Store.IsReady;
        await Json(context, ready ? 200 : 503, json =>
        {
            json.WriteString("name", model.Name);
            json.WriteBoolean("ready", ready);
        }).ConfigureAwait(false);
    }

    private async Task Infer(HttpContext context)
    {
        InferCall? call = null;
        string name = "";
        int status = 200;
        try
        {
            call = server.Begin();
            CheckKey(context);
            ServedModel model = await FindAsync(context).ConfigureAwait(false);
            name = model.Name;
            int header = HeaderLengthOf(context.Request);
            await ReadAsync(context, call).ConfigureAwait(false);
            ModelContract contract = InferenceServer.ContractOf(model);
            call.Parse(contract, header);
            server.Run(call, model, contract);
            call.WriteAnswer(model);
            HttpResponse response = context.Response;
            response.ContentLength = call.Answer.Length;
            if (call.AnswerHeader < 0)
            {
                response.ContentType = "application/json";
            }
            else
            {
                response.ContentType = "application/octet-stream";
                response.Headers[HeaderLength] = call.AnswerHeader.ToString(CultureInfo.InvariantCulture);
            }

            await response.BodyWriter.WriteAsync(call.Answer, context.RequestAborted).ConfigureAwait(false);
        }
        catch (Exception exception) when (Refusal(exception) is { } refusal)
        {
            status = refusal.Status;
            await Error(context, refusal).ConfigureAwait(false);
        }
        finally
        {
            server.End(call, name, "rest", status switch { 200 => "200", 400 => "400", 401 => "401", 404 => "404", 408 => "408", 413 => "413", 499 => "499", 503 => "503", _ => Text(status) });
        }
    }

    private static int HeaderLengthOf(HttpRequest request)
    {
        string? text = request.Headers[HeaderLength];
        if (text is null)
        {
            return -1;
        }

        return int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int length)
            ? length
            : throw new RequestRefusedException($"{HeaderLength} is '{text}'; a number of bytes was expected.");
    }

    private async ValueTask ReadAsync(HttpContext context, InferCall call)
    {
        int most = server.Options.MaxBodyBytes;
        if (context.Request.ContentLength > most)
        {
            throw TooLarge(most);
        }

        // Kestrel's own limit may be lower; a body with a length that is known is within it or refused at once.
        if (context.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } limit)
        {
            limit.MaxRequestBodySize = most;
        }

        PipeReader reader = context.Request.BodyReader;
        CancellationTokenSource? timeout = null;
        try
        {
            while (true)
            {
                if (!reader.TryRead(out ReadResult part))
                {
                    if (timeout is null)
                    {
                        timeout = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted);
                        timeout.CancelAfter(server.Options.BodyTimeout);
                    }

                    part = await reader.ReadAsync(timeout.Token).ConfigureAwait(false);
                }

                foreach (ReadOnlyMemory<byte> memory in part.Buffer)
                {
                    if (memory.Length > most - call.BodyLength)
                    {
                        throw TooLarge(most);
                    }

                    call.Append(memory.Span);
                }

                reader.AdvanceTo(part.Buffer.End);
                if (part.IsCompleted)
                {
                    return;
                }
            }
        }
        catch (OperationCanceledException) when (!context.RequestAborted.IsCancellationRequested)
        {
            throw new RequestRefusedException($"the body did not arrive within {server.Options.BodyTimeout.TotalSeconds} seconds.", StatusCodes.Status408RequestTimeout);
        }
        finally
        {
            timeout?.Dispose();
        }
    }

    private static RequestRefusedException TooLarge(int most) =>
        new($"the body is larger than the limit of {most} bytes.", StatusCodes.Status413PayloadTooLarge);

    private ValueTask<ServedModel> FindAsync(HttpContext context) =>
        server.FindAsync((string)context.Request.RouteValues["model"]!, (string?)context.Request.RouteValues["version"], context.RequestAborted);

    private void CheckKey(HttpContext context)
    {
        if (!server.Keys.Allows(context.Request))
        {
            throw new RequestRefusedException("the request needs a key of this service, as 'Authorization: Bearer KEY' or 'X-Api-Key: KEY'.", StatusCodes.Status401Unauthorized);
        }
    }

    private RequestDelegate Guarded(RequestDelegate inner) => async context =>
    {
        try
        {
            CheckKey(context);
            await inner(context).ConfigureAwait(false);
        }
        catch (Exception exception) when (Refusal(exception) is { } refusal)
        {
            await Error(context, refusal).ConfigureAwait(false);
        }
    };

    /// <summary>What goes back to the client; null for a fault of ours, which the host answers and logs.</summary>
    private static RequestRefusedException? Refusal(Exception exception) => exception switch
    {
        RequestRefusedException refused => refused,
        BadHttpRequestException bad => new RequestRefusedException(bad.Message, bad.StatusCode),
        OverflowException => new RequestRefusedException("the request describes more than memory can hold.", StatusCodes.Status413PayloadTooLarge),

        // The client is gone: nobody reads the answer. 499 is how proxies count that.
        OperationCanceledException or IOException => new RequestRefusedException("the request was aborted.", 499),
        _ => null,
    };

    private static Task Error(HttpContext context, RequestRefusedException refusal)
    {
        if (context.Response.HasStarted || context.RequestAborted.IsCancellationRequested)
        {
            return Task.CompletedTask;
        }

        if (refusal.Status == StatusCodes.Status503ServiceUnavailable)
        {
            context.Response.Headers.RetryAfter = "1";
        }
        else if (refusal.Status == StatusCodes.Status401Unauthorized)
        {
            context.Response.Headers.WWWAuthenticate = "Bearer";
        }

        return Json(context, refusal.Status, json => json.WriteString("error", refusal.Message));
    }

    private static async Task Json(HttpContext context, int status, Action<Utf8JsonWriter> members)
    {
        ArrayBufferWriter<byte> text = new(256);
        using (Utf8JsonWriter json = new(text))
        {
            json.WriteStartObject();
            members(json);
            json.WriteEndObject();
        }

        context.Response.StatusCode = status;
        context.Response.ContentType = "application/json";
        context.Response.ContentLength = text.WrittenCount;
        await context.Response.BodyWriter.WriteAsync(text.WrittenMemory, context.RequestAborted).ConfigureAwait(false);
    }

    private static void Strings(Utf8JsonWriter json, string name, IEnumerable<string> values)
    {
        json.WriteStartArray(name);
        foreach (string value in values)
        {
            json.WriteStringValue(value);
        }

        json.WriteEndArray();
    }

    private static void Tensors(Utf8JsonWriter json, string name, IEnumerable<(string Name, string Type, long[] Shape)> tensors)
    {
        json.WriteStartArray(name);
        foreach ((string tensor, string type, long[] shape) in tensors)
        {
            json.WriteStartObject();
            json.WriteString("name", tensor);
            json.WriteString("datatype", type);
            json.WriteStartArray("shape");
            foreach (long size in shape)
            {
                json.WriteNumberValue(size);
            }

            json.WriteEndArray();
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
}
