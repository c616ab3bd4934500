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
}
