using System.Buffers.Binary;

namespace Graft.Tasks;

/// <summary>What a progressive JPEG takes to decode: its scans refine coefficients that all stay in memory until the last (ITU-T T.81,
/// annex G).</summary>
internal static class ProgressiveJpeg
{
    private const int HeaderBytes = 4, FrameBytes = 10, ComponentBytes = 3, CoefficientBytesEach = 2;

    /// <summary>The bytes of a picture's coefficients; 0 for a JPEG whose rows come one after the other.</summary>
    public static long CoefficientBytes(ReadOnlySpan<byte> encoded)
    {
        for (int at = 2; at + HeaderBytes <= encoded.Length && encoded[at] == 0xFF;)
        {
            byte marker = encoded[at + 1];
            if (marker == 0xFF)
            {
                at++;
                continue;
            }
            if (marker is >= 0xC0 and <= 0xCF and not (0xC4 or 0xC8 or 0xCC))
                return marker is 0xC2 or 0xC6 or 0xCA or 0xCE ? OfFrame(encoded[at..]) : 0;
            at += 2 + BinaryPrimitives.ReadUInt16BigEndian(encoded[(at + 2)..]);
        }
        return 0;
    }

    private static long OfFrame(ReadOnlySpan<byte> frame)
    {
        if (frame.Length < FrameBytes) return 0;
        long pixels = (long)BinaryPrimitives.ReadUInt16BigEndian(frame[5..]) * BinaryPrimitives.ReadUInt16BigEndian(frame[7..]);
        int components = frame[9], most = 1, sum = 0;
        if (frame.Length < FrameBytes + components * ComponentBytes) return 0;
        for (int i = 0; i < components; i++)
        {
            // a nibble each of how often a component is sampled across and down
            byte sampling = frame[FrameBytes + i * ComponentBytes + 1];
            int samples = (sampling >> 4) * (sampling & 15);
            most = Math.Max(most, samples);
            sum += samples;
        }
        return pixels * sum / most * CoefficientBytesEach;
    }
}
