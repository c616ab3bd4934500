namespace Graft.Models;

/// <summary>A value for each colour channel.</summary>
/// <param name="Red">The red channel's.</param>
/// <param name="Green">The green channel's.</param>
/// <param name="Blue">The blue channel's.</param>
public readonly record struct RgbValues(float Red, float Green, float Blue)
{
    /// <summary>The number of channels: 3.</summary>
    public const int Channels = 3;

    /// <summary>The mean of ImageNet's training pictures, of values in [0, 1]: 0.485, 0.456, 0.406.</summary>
    public static RgbValues ImageNetMean => new(0.485f, 0.456f, 0.406f);

    /// <summary>The standard deviation of ImageNet's training pictures, of values in [0, 1]: 0.229, 0.224, 0.225.</summary>
    public static RgbValues ImageNetStandardDeviation => new(0.229f, 0.224f, 0.225f);

    /// <summary>The channel's index: 0 is red, 1 green, 2 blue.</summary>
    public float this[int channel] => channel switch { 0 => Red, 1 => Green, _ => Blue };
}
