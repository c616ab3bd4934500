using System.Globalization;

namespace Graft.Tasks;

/// <summary>A scale from figures to places of a picture, with round marks.</summary>
/// <param name="Low">The figure at <paramref name="From"/>.</param>
/// <param name="High">The figure at <paramref name="To"/>.</param>
/// <param name="From">Where it begins.</param>
/// <param name="To">Where it ends; less than where it begins for one that rises.</param>
/// <param name="IsLogarithmic">Whether equal factors are equally far apart.</param>
internal sealed record Axis(double Low, double High, double From, double To, bool IsLogarithmic = false)
{
    /// <summary>The place of a figure.</summary>
    public double At(double value)
    {
        double share = IsLogarithmic ? (Math.Log(value) - Math.Log(Low)) / (Math.Log(High) - Math.Log(Low)) : (value - Low) / (High - Low);
        return From + (To - From) * share;
    }

    /// <summary>Round figures on the scale, about as many as are wanted.</summary>
    public IReadOnlyList<double> Marks(int wanted = 5)
    {
        double raw = (High - Low) / Math.Max(1, wanted), power = Math.Pow(10, Math.Floor(Math.Log10(raw)));
        double step = power * new[] { 1, 2, 2.5, 5, 10 }.First(factor => factor * power >= raw * 0.999);
        int first = (int)Math.Ceiling(Low / step - 1e-9), last = (int)Math.Floor(High / step + 1e-9);
        return [.. Enumerable.Range(first, last - first + 1).Select(number => number * step)];
    }

    /// <summary>A scale around figures, a little wider and with round ends.</summary>
    public static Axis Around(IEnumerable<double> figures, double from, double to, double least = double.NegativeInfinity, double most = double.PositiveInfinity)
    {
        double[] finite = [.. figures.Where(double.IsFinite)];
        if (finite.Length == 0) return new Axis(0, 1, from, to);
        double low = finite.Min(), high = finite.Max(), room = Math.Max((high - low) * 0.08, Math.Max(Math.Abs(high) * 0.01, 1e-9));
        var axis = new Axis(Math.Max(least, low - room), Math.Min(most, high + room), from, to);
        double step = axis.Marks() is [var one, var two, ..] ? two - one : axis.High - axis.Low;
        return axis with { Low = Math.Max(least, Math.Floor(axis.Low / step + 1e-9) * step), High = Math.Min(most, Math.Ceiling(axis.High / step - 1e-9) * step) };
    }

    /// <summary>A share as a mark says it.</summary>
    public static string Percent(double share) => string.Create(CultureInfo.InvariantCulture, $"{share * 100:0.##}");

    /// <summary>A figure as a mark says it.</summary>
    public static string Number(double value) => value.ToString(Math.Abs(value) is > 0 and < 0.001 ? "0.#e+0" : "0.####", CultureInfo.InvariantCulture);
}
