namespace Graft.Testing;

/// <summary>What a reference gives: the numbers, and the sum of the magnitudes of the terms behind each.</summary>
internal sealed record Expected(double[] Values, double[] Magnitudes)
{
    public Expected(long count) : this(new double[count], new double[count])
    {
    }

    public void Add(long place, double term)
    {
        Values[place] += term;
        Magnitudes[place] += Math.Abs(term);
    }

    /// <summary>Both with a function over sum and place, whose own terms add <paramref name="size"/> to the magnitude.</summary>
    public Expected Then(Func<double, int, double> function, Func<int, double> size) => new(
        [.. Values.Select(function)], [.. Magnitudes.Select((magnitude, i) => magnitude + size(i))]);
}

/// <summary>The matrix product by its definition.</summary>
internal static class ReferenceProduct
{
    /// <summary>a [batch, m, k] times b [batch, k, n], in double precision.</summary>
    public static Expected Multiply(float[] a, float[] b, int batch, int m, int n, int k)
    {
        var c = new Expected((long)batch * m * n);
        for (int plane = 0; plane < batch; plane++)
            for (int row = 0; row < m; row++)
                for (int inner = 0; inner < k; inner++)
                {
                    double left = a[(plane * m + row) * k + inner];
                    int place = (plane * m + row) * n, from = (plane * k + inner) * n;
                    for (int column = 0; column < n; column++) c.Add(place + column, left * b[from + column]);
                }
        return c;
    }
}
