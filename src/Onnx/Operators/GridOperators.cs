namespace Graft.Onnx;

/// <summary>Images read at any places (Jaderberg et al. 2015), on the host.</summary>
internal static class GridOperators
{
    public static IEnumerable<Operator> Rows => [Operator.Of("GridSample", Sample)];

    private static HostValue Sample(NodeContext node)
    {
        HostValue x = node.Host(0), grid = node.Host(1);
        if (node.Tensor(0) is DeviceValue image) HostMath.RequireNoGradient("GridSample", image.Variable);
        string mode = node.Attributes.Text("mode", "linear"), padding = node.Attributes.Text("padding_mode", "zeros");
        bool toCorners = node.Attributes.Flag("align_corners");
        int axes = x.Rank - 2, channels = x.Dims[1], plane = Dimensions.Product(x.Dims, 2, x.Rank), outputs = Dimensions.Product(grid.Dims, 1, axes + 1);
        int[] lengths = x.Dims[2..], strides = Dimensions.Strides(lengths);
        var result = x.Element.Zeros([x.Dims[0], channels, .. grid.Dims[1..(axes + 1)]]);
        var place = new double[axes];
        for (int batch = 0; batch < x.Dims[0]; batch++)
        {
            for (int output = 0; output < outputs; output++)
            {
                for (int axis = 0; axis < axes; axis++)
                {
                    double given = grid.GetDouble((batch * outputs + output) * axes + (axes - 1 - axis));
                    place[axis] = toCorners ? (given + 1) / 2 * (lengths[axis] - 1) : ((given + 1) * lengths[axis] - 1) / 2;
                }
                for (int channel = 0; channel < channels; channel++)
                {
                    int first = (batch * channels + channel) * plane;
                    result.SetDouble((batch * channels + channel) * outputs + output, At(0, first, place, mode));
                }
            }
        }
        return result;

        // the value at a place, axis by axis
        double At(int axis, int first, double[] at, string kind)
        {
            if (axis == axes) return x.GetDouble(first);
            double where = kind is "nearest" ? Math.Round(at[axis], MidpointRounding.ToEven) : at[axis];
            if (kind is not ("cubic" or "bicubic")) where = Inside(where, lengths[axis]);
            int left = (int)Math.Floor(where);
            double ratio = where - left, sum = 0;
            double[] shares = kind switch
            {
                "nearest" => [1],
                "cubic" or "bicubic" => [Cubic(ratio + 1), Cubic(ratio), Cubic(1 - ratio), Cubic(2 - ratio)],
                _ => [1 - ratio, ratio],
            };
            int start = shares.Length == 4 ? -1 : 0;
            for (int i = 0; i < shares.Length; i++)
            {
                if (shares[i] == 0) continue;
                double neighbour = shares.Length == 4 ? Inside(left + start + i, lengths[axis]) : left + start + i;
                if (neighbour < 0 || neighbour >= lengths[axis]) continue;
                sum += shares[i] * At(axis + 1, first + (int)neighbour * strides[axis], at, kind);
            }
            return sum;
        }

        double Inside(double where, int length) => padding switch
        {
            "border" => Math.Clamp(where, 0, length - 1),
            "reflection" => Reflected(where, toCorners ? 0 : -0.5, toCorners ? length - 1 : length - 0.5, length),
            _ => where,
        };
    }

    private static double Reflected(double where, double low, double high, int length)
    {
        double range = high - low;
        if (range == 0) return 0;
        double over = Math.Abs(where - low) % (2 * range);
        return Math.Clamp(low + (over > range ? 2 * range - over : over), 0, length - 1);
    }

    private static double Cubic(double distance)
    {
        const double Slope = -0.75;
        double x = Math.Abs(distance);
        return x <= 1 ? (Slope + 2) * x * x * x - (Slope + 3) * x * x + 1 : x < 2 ? Slope * (x * x * x - 5 * x * x + 8 * x - 4) : 0;
    }
}
