using System.Buffers.Binary;
using System.Numerics;
using System.Runtime.InteropServices;

namespace Graft.Models;

/// <summary>XXH64 (Collet 2012): a hash of bytes at the memory's pace, for telling whether numbers changed; no protection against somebody who means to
/// deceive.</summary>
internal static class NumberHash
{
    private const ulong P1 = 11400714785074694791, P2 = 14029467366897019727, P3 = 1609587929392839161, P4 = 9650029242287828579, P5 = 2870177450012600261;
    private const int Stripe = 32;

    public static ulong Of(ReadOnlySpan<float> numbers, ulong seed = 0) => Of(MemoryMarshal.AsBytes(numbers), seed);

    public static ulong Of(ReadOnlySpan<byte> bytes, ulong seed = 0)
    {
        ulong hash = seed + P5 + (ulong)bytes.Length;
        if (bytes.Length >= Stripe)
        {
            // four chains that do not wait for each other
            ulong a = seed + P1 + P2, b = seed + P2, c = seed, d = seed - P1;
            var words = MemoryMarshal.Cast<byte, ulong>(bytes[..(bytes.Length / Stripe * Stripe)]);
            for (int i = 0; i + 3 < words.Length; i += 4)
            {
                a = Round(a, Little(words[i]));
                b = Round(b, Little(words[i + 1]));
                c = Round(c, Little(words[i + 2]));
                d = Round(d, Little(words[i + 3]));
            }
            hash = BitOperations.RotateLeft(a, 1) + BitOperations.RotateLeft(b, 7) + BitOperations.RotateLeft(c, 12) + BitOperations.RotateLeft(d, 18);
            hash = Merge(Merge(Merge(Merge(hash, a), b), c), d) + (ulong)bytes.Length;
            bytes = bytes[(words.Length * sizeof(ulong))..];
        }
        for (; bytes.Length >= sizeof(ulong); bytes = bytes[sizeof(ulong)..])
            hash = BitOperations.RotateLeft(hash ^ Round(0, BinaryPrimitives.ReadUInt64LittleEndian(bytes)), 27) * P1 + P4;
        if (bytes.Length >= sizeof(uint))
        {
            hash = BitOperations.RotateLeft(hash ^ BinaryPrimitives.ReadUInt32LittleEndian(bytes) * P1, 23) * P2 + P3;
            bytes = bytes[sizeof(uint)..];
        }
        foreach (byte one in bytes) hash = BitOperations.RotateLeft(hash ^ one * P5, 11) * P1;
        hash = (hash ^ hash >> 33) * P2;
        hash = (hash ^ hash >> 29) * P3;
        return hash ^ hash >> 32;
    }

    private static ulong Little(ulong word) => BitConverter.IsLittleEndian ? word : BinaryPrimitives.ReverseEndianness(word);

    private static ulong Round(ulong chain, ulong word) => BitOperations.RotateLeft(chain + word * P2, 31) * P1;

    private static ulong Merge(ulong hash, ulong chain) => (hash ^ Round(0, chain)) * P1 + P4;
}
