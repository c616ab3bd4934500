namespace Graft.Onnx;

/// <summary>Operators on boxes, grids and matrices that the heads of detectors use, on the host.</summary>
internal static class GeometryOperators
{
    public static IEnumerable<Operator> Rows =>
    [
        Operator.Of("NonMaxSuppression", Suppress),
        Operator.Of("AffineGrid", AffineGrid),
        Operator.Of("Det", Determinant),
        new Operator("Unique", Unique),
        Operator.Of("MaxUnpool", Unpool, 1, 2),
        Operator.Of("BitCast", static node => BitCast(node.Host(0), ShapeOperators.Target((int)node.Attributes.Int("to")))),
        Window("HannWindow", 0.5, 0.5, 0), Window("HammingWindow", 25.0 / 46, 21.0 / 46, 0), Window("BlackmanWindow", 0.42, 0.5, 0.08),
    ];

    /// <summary>a - b cos(2 pi n / N) + c cos(4 pi n / N).</summary>
    private static Operator Window(string name, double a, double b, double c) => Operator.Of(name, node =>
    {
        int size = checked((int)node.Int64(0));
        double period = node.Attributes.Flag("periodic", true) ? size : size - 1;
        return ShapeOperators.Target((int)node.Attributes.Int("output_datatype", 1))
            .FromDoubles([size], at => a - b * Math.Cos(2 * Math.PI * at / period) + c * Math.Cos(4 * Math.PI * at / period));
    }, 0);

    /// <summary>The boxes that are left when, from the best on, those are dropped that cover one another.</summary>
    private static HostValue Suppress(NodeContext node)
    {
        HostValue boxes = node.Host(0), scores = node.Host(1);
        int batches = scores.Dims[0], classes = scores.Dims[1], count = scores.Dims[2];
        long most = node.Int64(2);
        double overlap = node.Number(3);
        double least = node.Number(4, double.NegativeInfinity);
        bool isCentred = node.Attributes.Flag("center_point_box");
        var chosen = new List<long>();
        for (int batch = 0; batch < batches; batch++)
        {
            for (int kind = 0; kind < classes; kind++)
            {
                int first = (batch * classes + kind) * count;
                var kept = new List<int>();
                foreach (int box in Enumerable.Range(0, count).Where(box => scores.GetDouble(first + box) > least).OrderByDescending(box => scores.GetDouble(first + box)))
                {
                    if (kept.Count >= most) break;
                    if (kept.Exists(other => Overlap(Corners(batch, box), Corners(batch, other)) > overlap)) continue;
                    kept.Add(box);
                    chosen.AddRange([batch, kind, box]);
                }
            }
        }
        return new HostValue<long>(Elements.Int64, [chosen.Count / 3, 3], [.. chosen]);

        (double Top, double Left, double Bottom, double Right) Corners(int batch, int box)
        {
            int at = (batch * count + box) * 4;
            double a = boxes.GetDouble(at), b = boxes.GetDouble(at + 1), c = boxes.GetDouble(at + 2), d = boxes.GetDouble(at + 3);
            return isCentred ? (b - d / 2, a - c / 2, b + d / 2, a + c / 2) : (Math.Min(a, c), Math.Min(b, d), Math.Max(a, c), Math.Max(b, d));
        }
    }

    private static double Overlap((double Top, double Left, double Bottom, double Right) a, (double Top, double Left, double Bottom, double Right) b)
    {
        double height = Math.Min(a.Bottom, b.Bottom) - Math.Max(a.Top, b.Top), width = Math.Min(a.Right, b.Right) - Math.Max(a.Left, b.Left);
        if (height <= 0 || width <= 0) return 0;
        double both = height * width;
        return both / ((a.Bottom - a.Top) * (a.Right - a.Left) + (b.Bottom - b.Top) * (b.Right - b.Left) - both);
    }

    /// <summary>The places of an image's pixels under an affine map (Jaderberg et al. 2015): [N, H, W, 2] or [N, D, H, W, 3].</summary>
    private static TensorValue AffineGrid(NodeContext node)
    {
        int[] size = node.Int32s(1), plane = size[2..];
        bool toCorners = node.Attributes.Flag("align_corners");
        int axes = plane.Length, pixels = Dimensions.Count(plane);
        var strides = Dimensions.Strides(plane);
        var places = new float[pixels * (axes + 1)];
        for (int pixel = 0; pixel < pixels; pixel++)
        {
            for (int axis = 0; axis < axes; axis++)
            {
                // the innermost axis comes first
                int own = axes - 1 - axis, at = pixel / strides[own] % plane[own];
                places[pixel * (axes + 1) + axis] = (float)(toCorners ? -1 + 2.0 * at / (plane[own] - 1) : (2.0 * at + 1) / plane[own] - 1);
            }
            places[pixel * (axes + 1) + axes] = 1;
        }
        var theta = node.Variable(0);
        var grid = node.Upload([1, pixels, axes + 1], places).MatMul(theta.Transpose(1, 2));
        return Operator.Typed(grid.Reshape(new Tensors.Shape([size[0], .. plane, axes])), node);
    }

    private static HostValue Determinant(NodeContext node)
    {
        var x = node.Host(0);
        int n = x.Dims[^1];
        return x.Element.FromDoubles(x.Dims[..^2], matrix =>
        {
            var rows = Enumerable.Range(0, n).Select(row => Enumerable.Range(0, n).Select(column => x.GetDouble((matrix * n + row) * n + column)).ToArray()).ToArray();
            double product = 1;
            for (int column = 0; column < n; column++)
            {
                int pivot = Enumerable.Range(column, n - column).MaxBy(row => Math.Abs(rows[row][column]));
                if (rows[pivot][column] == 0) return 0;
                if (pivot != column) (rows[pivot], rows[column], product) = (rows[column], rows[pivot], -product);
                product *= rows[column][column];
                for (int row = column + 1; row < n; row++)
                {
                    double factor = rows[row][column] / rows[column][column];
                    for (int k = column; k < n; k++) rows[row][k] -= factor * rows[column][k];
                }
            }
            return product;
        });
    }

    /// <summary>Each row of an axis once, where it came first, which it is, and how often.</summary>
    private static Value?[] Unique(NodeContext node)
    {
        var x = node.Tensor(0);
        if (!node.Attributes.Has("axis")) x = Selection.Reshape(x, [x.Count]);
        int axis = Dimensions.Axis(node.Attributes.Int("axis"), x.Rank);
        var host = x as HostValue ?? Conversion.ToHost((DeviceValue)x);
        int length = x.Dims[axis], inner = Dimensions.Product(x.Dims, axis + 1, x.Rank), outer = Dimensions.Product(x.Dims, 0, axis);
        double[][] rows = [.. Enumerable.Range(0, length).Select(
            row => Enumerable.Range(0, outer * inner).Select(i => host.GetDouble((i / inner * length + row) * inner + i % inner)).ToArray())];
        var firsts = new List<int>();
        for (int row = 0; row < length; row++)
            if (!firsts.Exists(first => rows[first].AsSpan().SequenceEqual(rows[row]))) firsts.Add(row);
        if (node.Attributes.Flag("sorted", true)) firsts.Sort((a, b) => Compare(rows[a], rows[b]));
        int[] which = [.. rows.Select(row => firsts.FindIndex(first => rows[first].AsSpan().SequenceEqual(row)))];
        return
        [
            IndexOperators.Take(x, axis, [.. firsts]), ShapeOperators.Integers([.. firsts]), ShapeOperators.Integers(which),
            ShapeOperators.Integers([.. firsts.Select((_, at) => which.Count(other => other == at))]),
        ];
    }

    private static int Compare(double[] a, double[] b)
    {
        for (int i = 0; i < a.Length; i++)
            if (a[i] != b[i]) return a[i].CompareTo(b[i]);
        return 0;
    }

    /// <summary>The largest of each window back where they were, zeros elsewhere.</summary>
    private static TensorValue Unpool(NodeContext node)
    {
        var x = node.Tensor(0);
        var windows = Windows.Of(node.Attributes, null, x.Dims.AsSpan(2));
        int[] usual = [.. x.Dims[2..].Select((length, axis) => (length - 1) * windows.Strides[axis] + windows.Kernel[axis] - windows.Before[axis] - windows.After[axis])];
        int[] dims = [.. x.Dims[..2], .. usual], wanted = node.Has(2) ? node.Int32s(2) : dims;
        // places are counted in the output that the windows alone would give
        var strides = Dimensions.Strides(wanted);
        var own = Dimensions.Strides(dims);
        var places = new int[Dimensions.Count(wanted)];
        Array.Fill(places, -1);
        long[] indices = node.Int64s(1);
        for (int at = 0; at < indices.Length; at++)
        {
            int place = 0;
            for (int axis = 0; axis < dims.Length; axis++) place += (int)(indices[at] / own[axis] % dims[axis]) * strides[axis];
            places[place] = at;
        }
        return Selection.Pick(x, places, wanted);
    }

    /// <summary>The same bits as numbers of another type as large.</summary>
    private static HostValue BitCast(HostValue x, Element element) => element.FromBytes(x.Dims, Bytes(x));

    private static byte[] Bytes(HostValue x) => x switch
    {
        HostValue<float> own => Of(own.Values),
        HostValue<double> own => Of(own.Values),
        HostValue<Half> own => Of(own.Values),
        HostValue<sbyte> own => Of(own.Values),
        HostValue<byte> own => Of(own.Values),
        HostValue<short> own => Of(own.Values),
        HostValue<ushort> own => Of(own.Values),
        HostValue<int> own => Of(own.Values),
        HostValue<uint> own => Of(own.Values),
        HostValue<long> own => Of(own.Values),
        HostValue<ulong> own => Of(own.Values),
        HostValue<bool> own => Of(own.Values),
        HostValue<BFloat16Bits> own => Of(own.Values),
        _ => throw new ArgumentException($"the bits of {x.Element.Name} are not looked at"),
    };

    private static byte[] Of<T>(T[] values) where T : unmanaged => System.Runtime.InteropServices.MemoryMarshal.AsBytes(values.AsSpan()).ToArray();
}
