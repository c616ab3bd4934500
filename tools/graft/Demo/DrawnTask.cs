using Graft.Tasks;

namespace Graft.CommandLine.Demo;

/// <summary>A classification task whose pictures are drawn when they are asked for.</summary>
internal abstract class DrawnTask
{
    /// <summary>The width and height of its pictures in pixels.</summary>
    public const int Side = 32;

    /// <summary>Its name, and a part of its random streams' names: no two tasks share their choices.</summary>
    public abstract string Name { get; }

    /// <summary>The classes' names, in index order.</summary>
    public abstract IReadOnlyList<string> Classes { get; }

    /// <summary>Draws one picture of a class.</summary>
    protected abstract void Draw(Canvas canvas, int label, Draws draws);

    /// <summary>Draws one picture of a class; the same seed, set, class and index give the same bytes everywhere.</summary>
    /// <param name="label">The class index.</param>
    /// <param name="drawing">The picture's index within its class and set.</param>
    /// <param name="set">What the picture is for: no two sets share a random stream, so none holds a picture of another.</param>
    /// <param name="seed">The seed of all sets.</param>
    public RgbImage Draw(int label, int drawing, string set, ulong seed)
    {
        var draws = new Draws(seed, $"{Name}, {set}, {Classes[label]}", drawing);
        var canvas = new Canvas(Side);
        Draw(canvas, label, draws);
        return canvas.ToImage(draws, noise: 0.06f);
    }

    /// <summary>A set with as many pictures of every class, in the order of the classes.</summary>
    public LabelledImages DrawSet(string set, int perClass, ulong seed, CancellationToken cancellation = default)
    {
        var images = new RgbImage[Classes.Count * perClass];
        Parallel.For(0, images.Length, new ParallelOptions { CancellationToken = cancellation },
            i => images[i] = Draw(i / perClass, i % perClass, set, seed));
        return new LabelledImages(
            Name, Classes, new InMemoryImages($"{Name}, {set}", images), [.. Enumerable.Range(0, images.Length).Select(i => i / perClass)]);
    }

    /// <summary>Any point on the canvas.</summary>
    protected static Point Anywhere(Draws draws) => new(draws.Between(0, Side), draws.Between(0, Side));

    /// <summary>Any colour.</summary>
    protected static Colour AnyColour(Draws draws) => new(draws.Between(0, 1), draws.Between(0, 1), draws.Between(0, 1));

    /// <summary>Any colour that is much lighter or darker than another.</summary>
    protected static Colour AgainstColour(Colour other, Draws draws)
    {
        Colour colour;
        do colour = AnyColour(draws); while (Math.Abs(colour.Lightness - other.Lightness) < 0.3f);
        return colour;
    }
}
