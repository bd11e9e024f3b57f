using System.Buffers.Binary;
using System.Globalization;
using System.Numerics;
using System.Runtime.InteropServices;

namespace FastMlp;

/// <summary>
/// XXH64 (Collet; the published specification of xxHash, seed 0) of a sequence of bytes: four chains of 8 bytes each, at the speed of memory.
/// It tells data apart that differ by accident, not by design.
/// </summary>
internal sealed class Fingerprint
{
    private const ulong Prime1 = 0x9E3779B185EBCA87;
    private const ulong Prime2 = 0xC2B2AE3D27D4EB4F;
    private const ulong Prime3 = 0x165667B19E3779F9;
    private const ulong Prime4 = 0x85EBCA77C2B2AE63;
    private const ulong Prime5 = 0x27D4EB2F165667C5;
    private const int Stripe = 32;

    private readonly byte[] pending = new byte[Stripe];
    private ulong a = unchecked(Prime1 + Prime2);
    private ulong b = Prime2;
    private ulong c;
    private ulong d = unchecked(0 - Prime1);
    private ulong total;

    private int Waiting => (int)(total % Stripe);

    public void Add(ReadOnlySpan<byte> bytes)
    {
        int waiting = Waiting;
        total += (ulong)bytes.Length;
        if (waiting > 0)
        {
            int taken = Math.Min(Stripe - waiting, bytes.Length);
            bytes[..taken].CopyTo(pending.AsSpan(waiting));
            bytes = bytes[taken..];
            if (waiting + taken < Stripe)
            {
                return;
            }

            Stripes(pending);
        }

        int whole = bytes.Length / Stripe * Stripe;
        Stripes(bytes[..whole]);
        bytes[whole..].CopyTo(pending);
    }

    public void Add(int number) => Add(MemoryMarshal.AsBytes(new ReadOnlySpan<int>(in number)));

    /// <summary>16 hexadecimal digits.</summary>
    public override string ToString() => Value().ToString("x16", CultureInfo.InvariantCulture);

    private ulong Value()
    {
        ulong hash = total >= Stripe
            ? Merge(Merge(Merge(Merge(BitOperations.RotateLeft(a, 1) + BitOperations.RotateLeft(b, 7) + BitOperations.RotateLeft(c, 12) + BitOperations.RotateLeft(d, 18), a), b), c), d)
            : Prime5;
        hash += total;
        ReadOnlySpan<byte> rest = pending.AsSpan(0, Waiting);
        for (; rest.Length >= 8; rest = rest[8..])
        {
            hash = (BitOperations.RotateLeft(hash ^ Round(0, BinaryPrimitives.ReadUInt64LittleEndian(rest)), 27) * Prime1) + Prime4;
        }

        if (rest.Length >= 4)
        {
            hash = (BitOperations.RotateLeft(hash ^ (BinaryPrimitives.ReadUInt32LittleEndian(rest) * Prime1), 23) * Prime2) + Prime3;
            rest = rest[4..];
        }

        foreach (byte last in rest)
        {
            hash = BitOperations.RotateLeft(hash ^ (last * Prime5), 11) * Prime1;
        }

        hash = (hash ^ (hash >> 33)) * Prime2;
        hash = (hash ^ (hash >> 29)) * Prime3;
        return hash ^ (hash >> 32);
    }

    private void Stripes(ReadOnlySpan<byte> bytes)
    {
        for (int i = 0; i + Stripe <= bytes.Length; i += Stripe)
        {
            ReadOnlySpan<byte> stripe = bytes.Slice(i, Stripe);
            a = Round(a, BinaryPrimitives.ReadUInt64LittleEndian(stripe));
            b = Round(b, BinaryPrimitives.ReadUInt64LittleEndian(stripe[8..]));
            c = Round(c, BinaryPrimitives.ReadUInt64LittleEndian(stripe[16..]));
            d = Round(d, BinaryPrimitives.ReadUInt64LittleEndian(stripe[24..]));
        }
    }

    private static ulong Round(ulong chain, ulong lane) => BitOperations.RotateLeft(chain + (lane * Prime2), 31) * Prime1;

    private static ulong Merge(ulong hash, ulong chain) => ((hash ^ Round(0, chain)) * Prime1) + Prime4;
}
