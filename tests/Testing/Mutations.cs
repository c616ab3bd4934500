namespace Graft.Testing;

/// <summary>Changes files as accidents and attackers do, the same way for the same seed.</summary>
public sealed class Mutations(int seed)
{
    private readonly Random random = new(seed);

    /// <summary>A file that was changed in one to six places, or cut.</summary>
    public byte[] Of(byte[] whole)
    {
        var bytes = new List<byte>(whole);
        for (int changes = random.Next(1, 7); changes > 0 && bytes.Count > 0; changes--)
        {
            // Mostly in the first or last part, where structure is.
            int at = random.Next(3) switch
            {
                0 => random.Next(bytes.Count),
                1 => random.Next(Math.Min(bytes.Count, 2048)),
                _ => Math.Max(0, bytes.Count - 1 - random.Next(1024)),
            };
            int length = Math.Min(bytes.Count - at, random.Next(1, 64));
            switch (random.Next(7))
            {
                case 0 or 1: bytes[at] = (byte)random.Next(256); break;
                case 2: bytes[at] ^= (byte)(1 << random.Next(8)); break;
                case 3: bytes.InsertRange(at, bytes.GetRange(random.Next(bytes.Count - length + 1), length)); break;
                case 4: bytes.RemoveRange(at, length); break;
                // lengths and counts at their limits
                case 5:
                    byte filler = (byte)(random.Next(2) == 0 ? 0xFF : random.Next(2) == 0 ? 0x7F : 0);
                    for (int i = 0; i < Math.Min(length, 8); i++) bytes[at + i] = filler;
                    break;
                default:
                    if (random.Next(4) == 0) bytes.RemoveRange(at, bytes.Count - at);
                    break;
            }
        }
        return [.. bytes];
    }
}
