namespace Graft.Transfer;

/// <summary>The eigenvalues of a symmetric matrix A = V diag(values) V', and V'B for a right side B: what every score needs of a Gram matrix, without
/// the eigenvectors themselves.</summary>
/// <remarks>Householder's reduction to three diagonals, then implicit QL (Golub and Van Loan, 8.3). Letters: n rows of A and B, m columns of B.</remarks>
internal static class SymmetricSpectrum
{
    private const int MostSweeps = 60;

    /// <summary>Replaces B by V'B and gives the eigenvalues in the order of its rows.</summary>
    /// <param name="matrix">A [n, n], row by row; used up.</param>
    /// <param name="n">n.</param>
    /// <param name="right">B [n, m], row by row; V'B afterwards.</param>
    /// <param name="m">m.</param>
    public static double[] Of(double[] matrix, int n, double[] right, int m)
    {
        double[] diagonal = new double[n], beside = new double[n];
        Tridiagonal(matrix, n, right, m, diagonal, beside);
        Rotate(diagonal, beside, right, m);
        return diagonal;
    }

    private static void Tridiagonal(double[] a, int n, double[] right, int m, double[] diagonal, double[] beside)
    {
        double[] v = new double[n], w = new double[n], sums = new double[m];
        for (int k = 0; k < n - 1; k++)
        {
            int first = k + 1, count = n - first;
            Span<double> reflector = v.AsSpan(0, count), product = w.AsSpan(0, count);
            a.AsSpan(k * n + first, count).CopyTo(reflector);
            diagonal[k] = a[k * n + k];
            double norm = Doubles.Norm(reflector), head = reflector[0];
            double below = Doubles.Norm(reflector[1..]);
            if (below == 0)
            {
                beside[k] = head;
                continue;
            }
            double end = head > 0 ? -norm : norm;
            beside[k] = end;
            reflector[0] = head - end;
            double factor = 2 / Doubles.Dot(reflector, reflector);
            for (int row = 0; row < count; row++) product[row] = factor * Doubles.Dot(a.AsSpan((first + row) * n + first, count), reflector);
            double half = factor / 2 * Doubles.Dot(product, reflector);
            Doubles.AddScaled(-half, reflector, product);
            for (int row = 0; row < count; row++)
            {
                var line = a.AsSpan((first + row) * n + first, count);
                Doubles.AddScaled(-reflector[row], product, line);
                Doubles.AddScaled(-product[row], reflector, line);
            }
            Array.Clear(sums);
            for (int row = 0; row < count; row++) Doubles.AddScaled(reflector[row], right.AsSpan((first + row) * m, m), sums);
            for (int row = 0; row < count; row++) Doubles.AddScaled(-factor * reflector[row], sums, right.AsSpan((first + row) * m, m));
        }
        diagonal[n - 1] = a[n * n - 1];
    }

    private static void Rotate(double[] d, double[] e, double[] right, int m)
    {
        int n = d.Length;
        for (int l = 0; l < n; l++)
        {
            for (int sweep = 0; ; sweep++)
            {
                int end = l;
                while (end < n - 1 && Math.Abs(e[end]) > double.Epsilon + 1.1e-16 * (Math.Abs(d[end]) + Math.Abs(d[end + 1]))) end++;
                if (end == l) break;
                if (sweep == MostSweeps) throw new InvalidOperationException($"the eigenvalues of a matrix of {n} rows were not found in {MostSweeps} sweeps");
                double g = (d[l + 1] - d[l]) / (2 * e[l]), r = Hypotenuse(g, 1);
                g = d[end] - d[l] + e[l] / (g + Math.CopySign(r, g));
                double s = 1, c = 1, p = 0;
                int i = end - 1;
                for (; i >= l; i--)
                {
                    double f = s * e[i], b = c * e[i];
                    r = Hypotenuse(f, g);
                    e[i + 1] = r;
                    if (r == 0)
                    {
                        d[i + 1] -= p;
                        e[end] = 0;
                        break;
                    }
                    (s, c) = (f / r, g / r);
                    g = d[i + 1] - p;
                    r = (d[i] - g) * s + 2 * c * b;
                    p = s * r;
                    d[i + 1] = g + p;
                    g = c * r - b;
                    Span<double> upper = right.AsSpan(i * m, m), lower = right.AsSpan((i + 1) * m, m);
                    for (int column = 0; column < m; column++)
                        (upper[column], lower[column]) = (c * upper[column] - s * lower[column], s * upper[column] + c * lower[column]);
                }
                if (i >= l) continue;
                d[l] -= p;
                e[l] = g;
                e[end] = 0;
            }
        }
    }

    private static double Hypotenuse(double x, double y)
    {
        double large = Math.Max(Math.Abs(x), Math.Abs(y)), small = Math.Min(Math.Abs(x), Math.Abs(y));
        return large == 0 ? 0 : large * Math.Sqrt(1 + small / large * (small / large));
    }
}
