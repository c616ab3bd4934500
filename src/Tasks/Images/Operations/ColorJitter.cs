using Graft.Tensors;

namespace Graft.Tasks;

/// <summary>SimCLR's other colours, at the strength of its small pictures.</summary>
internal sealed class ColorJitter(ulong seed)
{
    private const double Changed = 0.8, Grey = 0.2, Strength = 0.4, Turn = 0.1;

    private static readonly (Func<RgbImage, double, RgbImage> Apply, double Centre, double Range)[] operations =
    [
        (PixelOperations.Brightness, 1, Strength), (PixelOperations.Contrast, 1, Strength), (PixelOperations.Color, 1, Strength), (PixelOperations.Hue, 0, Turn),
    ];

    private readonly RandomStream chances = new(seed, "color jitter"), amounts = new(seed, "color jitter amounts"), orders = new(seed, "color jitter order");

    public RgbImage Apply(RgbImage image, int example, ulong round)
    {
        if (chances.Uniform(2 * (ulong)example, round) < Changed)
        {
            int[] order = [0, 1, 2, 3];
            for (int place = order.Length - 1; place > 0; place--)
            {
                int with = orders.Below(place + 1, (ulong)(example * 4L + place), round);
                (order[place], order[with]) = (order[with], order[place]);
            }
            foreach (int number in order)
            {
                var (apply, centre, range) = operations[number];
                image = apply(image, centre + range * (2 * amounts.Uniform((ulong)(example * 4L + number), round) - 1));
            }
        }
        return chances.Uniform(2 * (ulong)example + 1, round) < Grey ? PixelOperations.Greyscale(image) : image;
    }
}
