using Graft.Autograd;

namespace Graft.Transfer;

/// <summary>B A, added to a weight.</summary>
internal static class LowRankProduct
{
    /// <summary>weight + scaling * B A, of a weight that is kept as [O, K] or as [K, O].</summary>
    /// <param name="weight">[O, K...], or [K, O].</param>
    /// <param name="b">[O, r...].</param>
    /// <param name="a">[r, K...].</param>
    /// <param name="scaling">What the product is multiplied with.</param>
    /// <param name="isTransposed">Whether the weight is [K, O].</param>
    public static float[] AddedTo(Parameter weight, Parameter b, Parameter a, float scaling, bool isTransposed = false)
    {
        float[] sum = weight.Value.ToArray(), left = b.Value.ToArray(), right = a.Value.ToArray();
        int outputs = b.Shape[0], rank = a.Shape[0], inputs = right.Length / rank;
        var row = new float[inputs];
        for (int output = 0; output < outputs; output++)
        {
            Array.Clear(row);
            for (int i = 0; i < rank; i++)
            {
                float factor = left[output * rank + i];
                var from = right.AsSpan(i * inputs, inputs);
                for (int k = 0; k < inputs; k++) row[k] += factor * from[k];
            }
            int at = isTransposed ? output : output * inputs, step = isTransposed ? outputs : 1;
            for (int k = 0; k < inputs; k++) sum[at + k * step] += scaling * row[k];
        }
        return sum;
    }

    /// <summary>The product B A of a lower rank that is nearest to a given one (Eckart and Young 1936): its largest singular values, found in the
    /// small space that A's rows span.</summary>
    /// <param name="a">[R, K].</param>
    /// <param name="b">[O, R].</param>
    /// <param name="outputs">O.</param>
    /// <param name="inputs">K.</param>
    /// <param name="given">R.</param>
    /// <param name="rank">The rank that is wanted; where there are fewer singular values the rest is zero.</param>
    public static (int Rank, float[] A, float[] B) Nearest(float[] a, float[] b, int outputs, int inputs, int given, int rank)
    {
        // A = L Q with orthonormal rows of Q, so that B A = (B L) Q has the singular values of B L
        var rows = new double[given][];
        for (int i = 0; i < given; i++) rows[i] = [.. a.AsSpan(i * inputs, inputs).ToArray().Select(static number => (double)number)];
        var (lower, basis) = Orthonormal(rows);
        int width = basis.Count;
        var columns = new double[width][];
        for (int j = 0; j < width; j++)
        {
            columns[j] = new double[outputs];
            for (int output = 0; output < outputs; output++)
                for (int i = 0; i < given; i++) columns[j][output] += b[output * given + i] * lower[i][j];
        }
        // one-sided Jacobi: columns become U S, turned is V
        var turned = Jacobi(columns);
        var order = Enumerable.Range(0, width).OrderByDescending(j => Dot(columns[j], columns[j])).Take(rank).ToArray();
        float[] newA = new float[rank * inputs], newB = new float[outputs * rank];
        for (int place = 0; place < order.Length; place++)
        {
            int j = order[place];
            for (int output = 0; output < outputs; output++) newB[output * rank + place] = (float)columns[j][output];
            for (int k = 0; k < inputs; k++)
            {
                double sum = 0;
                for (int i = 0; i < width; i++) sum += turned[j][i] * basis[i][k];
                newA[place * inputs + k] = (float)sum;
            }
        }
        return (rank, newA, newB);
    }

    /// <summary>Rows as a lower triangle times orthonormal rows (modified Gram and Schmidt, twice); what depends on rows before it adds none.</summary>
    private static (double[][] Lower, List<double[]> Basis) Orthonormal(double[][] rows)
    {
        const double Negligible = 1e-12;
        var basis = new List<double[]>();
        var lower = new double[rows.Length][];
        for (int i = 0; i < rows.Length; i++)
        {
            double[] rest = [.. rows[i]];
            var parts = new double[rows.Length];
            double length = Math.Sqrt(Dot(rest, rest));
            for (int round = 0; round < 2; round++)
            {
                for (int j = 0; j < basis.Count; j++)
                {
                    double part = Dot(rest, basis[j]);
                    parts[j] += part;
                    for (int k = 0; k < rest.Length; k++) rest[k] -= part * basis[j][k];
                }
            }
            double left = Math.Sqrt(Dot(rest, rest));
            lower[i] = parts;
            if (left <= Negligible * length) continue;
            parts[basis.Count] = left;
            for (int k = 0; k < rest.Length; k++) rest[k] /= left;
            basis.Add(rest);
        }
        return (lower, basis);
    }

    /// <summary>Turns columns until they are orthogonal, and gives the turned unit vectors.</summary>
    private static double[][] Jacobi(double[][] columns)
    {
        const int MostSweeps = 60;
        const double Small = 1e-14;
        int width = columns.Length;
        var turned = new double[width][];
        for (int j = 0; j < width; j++)
        {
            turned[j] = new double[width];
            turned[j][j] = 1;
        }
        for (int sweep = 0; sweep < MostSweeps; sweep++)
        {
            bool isDone = true;
            for (int p = 0; p < width; p++)
            {
                for (int q = p + 1; q < width; q++)
                {
                    double pp = Dot(columns[p], columns[p]), qq = Dot(columns[q], columns[q]), pq = Dot(columns[p], columns[q]);
                    if (Math.Abs(pq) <= Small * Math.Sqrt(pp * qq) || pq == 0) continue;
                    isDone = false;
                    double ratio = (qq - pp) / (2 * pq), tangent = Math.CopySign(1, ratio) / (Math.Abs(ratio) + Math.Sqrt(1 + ratio * ratio));
                    double cosine = 1 / Math.Sqrt(1 + tangent * tangent), sine = cosine * tangent;
                    Turn(columns[p], columns[q], cosine, sine);
                    Turn(turned[p], turned[q], cosine, sine);
                }
            }
            if (isDone) break;
        }
        return turned;
    }

    private static void Turn(double[] left, double[] right, double cosine, double sine)
    {
        for (int i = 0; i < left.Length; i++) (left[i], right[i]) = (cosine * left[i] - sine * right[i], sine * left[i] + cosine * right[i]);
    }

    private static double Dot(double[] left, double[] right)
    {
        double sum = 0;
        for (int i = 0; i < left.Length; i++) sum += left[i] * right[i];
        return sum;
    }
}
