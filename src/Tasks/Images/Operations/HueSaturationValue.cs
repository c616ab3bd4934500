namespace Graft.Tasks;

/// <summary>A colour as its place on the circle of colours, how far it is from grey, and how bright: bytes as Pillow has them.</summary>
/// <param name="Hue">0 is red, 85 green, 170 blue.</param>
/// <param name="Saturation">0 is grey.</param>
/// <param name="Value">0 is black.</param>
internal readonly record struct HueSaturationValue(byte Hue, byte Saturation, byte Value)
{
    private const float Sixths = 6f;

    public static HueSaturationValue Of(byte red, byte green, byte blue)
    {
        byte most = Math.Max(red, Math.Max(green, blue)), least = Math.Min(red, Math.Min(green, blue));
        if (most == least) return new HueSaturationValue(0, 0, most);
        float range = most - least, saturation = range / most;
        float fromRed = (most - red) / range, fromGreen = (most - green) / range, fromBlue = (most - blue) / range;
        // which of the three is the most says in which third of the circle the colour lies
        float sixth = red == most ? fromBlue - fromGreen : green == most ? (float)(2.0 + fromRed - fromBlue) : (float)(4.0 + fromGreen - fromRed);
        float turn = (float)((sixth / 6.0 + 1.0) % 1.0);
        return new HueSaturationValue((byte)Math.Clamp((int)(turn * 255.0), 0, 255), (byte)Math.Clamp((int)(saturation * 255.0), 0, 255), most);
    }

    /// <summary>Writes red, green and blue.</summary>
    public void CopyTo(Span<byte> colour)
    {
        if (Saturation == 0)
        {
            colour.Fill(Value);
            return;
        }
        float place = (float)((float)Hue * Sixths / 255.0), share = (float)((float)Saturation / 255.0);
        int sixth = (int)MathF.Floor(place);
        float within = place - sixth;
        byte low = Rounded(Value * (1.0 - share)), falling = Rounded(Value * (1.0 - share * within)), rising = Rounded(Value * (1.0 - share * (1.0 - within)));
        (colour[0], colour[1], colour[2]) = (sixth % 6) switch
        {
            0 => (Value, rising, low),
            1 => (falling, Value, low),
            2 => (low, Value, rising),
            3 => (low, falling, Value),
            4 => (rising, low, Value),
            _ => (Value, low, falling),
        };
    }

    private static byte Rounded(double level) => (byte)Math.Clamp((int)Math.Round(level, MidpointRounding.AwayFromZero), 0, 255);
}
