using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;

namespace Graft.Tasks;

/// <summary>What tells data from other data: the SHA-256 of the examples, in order, with what is to be learnt of them.</summary>
public sealed class DataFingerprint : IDisposable
{
    private readonly IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);

    /// <summary>Adds a text.</summary>
    public void Add(string text) => Add(Encoding.UTF8.GetBytes(text));

    /// <summary>Adds a whole number.</summary>
    public void Add(long number)
    {
        Span<byte> bytes = stackalloc byte[sizeof(long)];
        BinaryPrimitives.WriteInt64LittleEndian(bytes, number);
        hash.AppendData(bytes);
    }

    /// <summary>Adds bytes, and how many they are.</summary>
    public void Add(ReadOnlySpan<byte> bytes)
    {
        Add(bytes.Length);
        hash.AppendData(bytes);
    }

    /// <summary>Adds numbers, and how many they are.</summary>
    public void Add(ReadOnlySpan<float> numbers) => Add(MemoryMarshal.AsBytes(numbers));

    /// <summary>Adds numbers, and how many they are.</summary>
    public void Add(ReadOnlySpan<int> numbers) => Add(MemoryMarshal.AsBytes(numbers));

    /// <inheritdoc/>
    public void Dispose() => hash.Dispose();

    /// <summary>The fingerprint of what was added: 64 hexadecimal digits.</summary>
    public override string ToString() => Convert.ToHexStringLower(hash.GetCurrentHash());
}
