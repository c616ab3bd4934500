using System.Buffers.Binary;
using System.Text;

namespace Graft.Text.Tokenisers;

/// <summary>Writes files as SentencePiece writes them.</summary>
internal static class SentencePieceBytes
{
    public static byte[] Make(IEnumerable<(string Piece, double Score)> pieces, bool bytePair = false, byte[]? charsMap = null, int unknown = 0, bool fallsBack = false)
    {
        var file = new List<byte>();
        foreach (var (piece, score) in pieces)
        {
            var message = new List<byte>();
            Bytes(message, 1, Encoding.UTF8.GetBytes(piece));
            byte[] single = new byte[4];
            BinaryPrimitives.WriteSingleLittleEndian(single, (float)score);
            message.AddRange([2 << 3 | 5, .. single]);
            Number(message, 3, 1);
            Bytes(file, 1, [.. message]);
        }
        var trainer = new List<byte>();
        Number(trainer, 3, bytePair ? 2 : 1);
        Number(trainer, 35, fallsBack ? 1 : 0);
        Number(trainer, 40, unknown);
        Bytes(file, 2, [.. trainer]);
        var normaliser = new List<byte>();
        Bytes(normaliser, 1, "nmt_nfkc"u8.ToArray());
        if (charsMap is not null) Bytes(normaliser, 2, charsMap);
        Bytes(file, 3, [.. normaliser]);
        return [.. file];
    }

    private static void Number(List<byte> target, int field, int value)
    {
        Variable(target, (uint)field << 3);
        Variable(target, (uint)value);
    }

    private static void Bytes(List<byte> target, int field, byte[] bytes)
    {
        Variable(target, (uint)field << 3 | 2);
        Variable(target, (uint)bytes.Length);
        target.AddRange(bytes);
    }

    private static void Variable(List<byte> target, uint value)
    {
        for (; value > 127; value >>= 7) target.Add((byte)(value & 127 | 128));
        target.Add((byte)value);
    }
}
