using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Http;

namespace FastMlp.Hosting.Protocol;

/// <summary>Whether a request brings a key of the service. Keys are compared by their hashes, in a time that tells nothing about them.</summary>
internal sealed class ApiKeys(IEnumerable<string> keys)
{
    private const string Scheme = "Bearer ";

    private readonly byte[][] hashes = [.. keys.Select(key => SHA256.HashData(Encoding.UTF8.GetBytes(key)))];

    public bool Allows(HttpRequest request)
    {
        if (hashes.Length == 0)
        {
            return true;
        }

        string? given = request.Headers["X-Api-Key"];
        string? bearer = request.Headers.Authorization;
        given ??= bearer is not null && bearer.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase) ? bearer[Scheme.Length..] : null;
        if (given is null)
        {
            return false;
        }

        byte[] hash = SHA256.HashData(Encoding.UTF8.GetBytes(given));
        bool allowed = false;
        foreach (byte[] known in hashes)
        {
            allowed |= CryptographicOperations.FixedTimeEquals(hash, known);
        }

        return allowed;
    }
}
