using System.Buffers.Binary;

namespace Graft.Tasks;

/// <summary>The pictures of a NumPy array, converted lazily: [N, H, W] grey, [N, H, W, C] or [N, C, H, W] with 1 or 3 channels; integers
/// from 0 to 255, or fractions that are all within [0, 1] or all within [0, 255].</summary>
internal sealed class NumpyImages : IImageDataset
{
    private readonly string name;
    private readonly NumpyArray array;
    private readonly int height;
    private readonly int width;
    private readonly int channels;
    private readonly bool channelsFirst;
    private readonly double scale = 1;

    /// <summary>Takes an array of pictures.</summary>
    /// <exception cref="NumpyException">The array holds no pictures, or other values than a picture's.</exception>
    public NumpyImages(string name, NumpyArray array)
    {
        this.name = name;
        this.array = array;
        var shape = array.Shape;
        (channels, channelsFirst) = shape switch
        {
            { Count: 3 } => (1, false),
            [_, _, _, 1 or RgbImage.Channels] => (shape[3], false),
            [_, 1 or RgbImage.Channels, _, _] => (shape[1], true),
            _ => (0, false),
        };
        if (channels == 0) throw new NumpyException($"{name}: {array} is no array of pictures; [N, H, W], [N, H, W, 3] or [N, 3, H, W] is");
        (height, width) = channelsFirst ? (shape[2], shape[3]) : (shape[1], shape[2]);
        if (height == 0 || width == 0) throw new NumpyException($"{name}: {array} has pictures without pixels");
        if (array.Type is not (NumpyType.UInt8 or NumpyType.Boolean)) scale = Scale();
    }

    public int Count => array.Shape[0];

    public string Name(int index) => $"{name}[{index}]";

    public RgbImage Load(int index)
    {
        var image = new RgbImage(width, height);
        int plane = height * width;
        long first = (long)index * plane * channels;
        for (int pixel = 0; pixel < plane; pixel++)
        {
            for (int channel = 0; channel < RgbImage.Channels; channel++)
            {
                int from = channels == 1 ? pixel : channelsFirst ? channel * plane + pixel : pixel * channels + channel;
                image.Pixels[pixel * RgbImage.Channels + channel] = Byte(first + from);
            }
        }
        return image;
    }

    public void AddTo(DataFingerprint print, int index)
    {
        var image = Load(index);
        print.Add(image.Width);
        print.Add(image.Pixels);
    }

    private byte Byte(long element) => array.Type switch
    {
        NumpyType.UInt8 => array.Bytes[element],
        NumpyType.Boolean => array.Bytes[element] == 0 ? (byte)0 : (byte)255,
        _ => (byte)Math.Clamp(Math.Round(Value(element) * scale), 0, 255),
    };

    /// <summary>What a value is multiplied with to become a byte.</summary>
    private double Scale()
    {
        double least = 0, most = 0;
        for (long element = 0; element < array.ElementCount; element++)
        {
            double value = Value(element);
            if (!double.IsFinite(value)) throw new NumpyException($"{name}: {array} has the value {value}, which is no pixel's");
            least = Math.Min(least, value);
            most = Math.Max(most, value);
        }
        if (least < 0 || most > 255)
            throw new NumpyException($"{name}: {array} has values from {least:0.###} to {most:0.###}; pixels lie within [0, 1] or within [0, 255]");
        bool fractions = array.Type is NumpyType.Float32 or NumpyType.Float64;
        return fractions && most <= 1 ? 255 : 1;
    }

    private double Value(long element)
    {
        var at = array.Bytes.AsSpan((int)(element * NumpyArray.SizeOf(array.Type)));
        return array.Type switch
        {
            NumpyType.Int8 => unchecked((sbyte)at[0]),
            NumpyType.UInt16 => BinaryPrimitives.ReadUInt16LittleEndian(at),
            NumpyType.Int16 => BinaryPrimitives.ReadInt16LittleEndian(at),
            NumpyType.UInt32 => BinaryPrimitives.ReadUInt32LittleEndian(at),
            NumpyType.Int32 => BinaryPrimitives.ReadInt32LittleEndian(at),
            NumpyType.UInt64 => BinaryPrimitives.ReadUInt64LittleEndian(at),
            NumpyType.Int64 => BinaryPrimitives.ReadInt64LittleEndian(at),
            NumpyType.Float32 => BinaryPrimitives.ReadSingleLittleEndian(at),
            _ => BinaryPrimitives.ReadDoubleLittleEndian(at),
        };
    }
}
