namespace Graft.Models;

/// <summary>How a picture is resampled; the codes are Pillow's, which <c>preprocessor_config.json</c> stores.</summary>
public enum Interpolation
{
    /// <summary>Antialiased bilinear: a triangle as wide as two source pixels, or two target pixels where the picture shrinks.</summary>
    Bilinear = 2,

    /// <summary>Antialiased bicubic: Keys' kernel with a = -0.5, four pixels wide.</summary>
    Bicubic = 3,
}
