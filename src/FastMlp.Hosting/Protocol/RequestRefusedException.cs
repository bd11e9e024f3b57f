using Microsoft.AspNetCore.Http;

namespace FastMlp.Hosting.Protocol;

/// <summary>A request that is at fault, or cannot be served now: the status of HTTP and a message for the person who sent it.</summary>
internal sealed class RequestRefusedException(string message, int status = StatusCodes.Status400BadRequest) : Exception(message)
{
    public int Status { get; } = status;
}
