namespace Graft.Tensors.Gpu.Tests;

/// <summary>Every kernel with every type argument that the house has for it, found by reflection: a new kernel, op, epilogue
/// or reduction is compiled by the tests without being named here.</summary>
internal static class KernelCatalogue
{
    private static readonly Type[] Structs =
        [.. new[] { typeof(Device), typeof(GpuDevice) }.SelectMany(type => type.Assembly.GetTypes()).Where(type => type.IsValueType)];

    /// <summary>The convolutions and the plain product: which factors meet which outputs.</summary>
    private static readonly (Type Left, Type Right, Type Output)[] Products =
    [
        (typeof(MatrixFactor), typeof(MatrixFactor), typeof(GemmOutput<>)),
        (typeof(MatrixFactor), typeof(BFloat16Lines), typeof(GemmOutput<>)),
        (typeof(MatrixFactor), typeof(Int8Lines), typeof(GemmOutput<>)),
        (typeof(PatchFactor), typeof(FilterFactor), typeof(ConvOutput<>)),
        (typeof(TransposedPatchFactor), typeof(TransposedFilterFactor), typeof(ChannelsOutput)),
        (typeof(OutputGradientFactor), typeof(TransposedPatchMatrixFactor), typeof(FilterOutput)),
    ];

    private static readonly Type[] Elements = [typeof(byte), typeof(short), typeof(int), typeof(long)];

    /// <summary>The kernels as they are written, generic ones open.</summary>
    public static IEnumerable<Type> Kernels => Implementing(typeof(IElementKernel)).Concat(Implementing(typeof(IGroupKernel)));

    /// <summary>The kernels as they are compiled.</summary>
    public static IEnumerable<Type> Closed => Kernels.SelectMany(kernel =>
        kernel == typeof(ProductKernel<,,,>) ? ProductKernels : kernel == typeof(TensorProductKernel<,,,>) ? TensorProductKernels : Close(kernel));

    public static IEnumerable<Type> Implementing(Type contract) => Structs.Where(contract.IsAssignableFrom);

    private static IEnumerable<Type> ProductKernels =>
        from product in Products
        from output in Close(product.Output)
        from tile in Tiles(product.Right)
        select typeof(ProductKernel<,,,>).MakeGenericType(product.Left, product.Right, output, tile);

    /// <summary>What is written goes by the same way as that of the other products: one output of each stands for all.</summary>
    private static IEnumerable<Type> TensorProductKernels =>
        from product in Products
        from format in product.Right == typeof(MatrixFactor) ? Implementing(typeof(IMatrixFormat)) : [typeof(TensorFloat32)]
        select typeof(TensorProductKernel<,,,>).MakeGenericType(product.Left, product.Right, Close(product.Output).First(), format);

    /// <summary>The smaller tile is the same code with other numbers: the product of two matrices stands for all.</summary>
    private static Type[] Tiles(Type right) => right == typeof(MatrixFactor) ? [typeof(Tile128), typeof(Tile64)] : [typeof(Tile128)];

    private static IEnumerable<Type> Close(Type type)
    {
        if (!type.IsGenericTypeDefinition) return [type];
        // a generic op wraps another one: one that uses both the bits of a float and a comparison stands for all
        if (type == typeof(Scaled<>)) return [typeof(Scaled<BiasResidualThen<Gelu>>)];
        if (typeof(IUnaryOp).IsAssignableFrom(type) || typeof(IEpilogue).IsAssignableFrom(type))
            return [type.MakeGenericType([.. type.GetGenericArguments().Select(_ => typeof(Gelu))])];
        // and a generic reduction another reduction
        if (typeof(IReduction).IsAssignableFrom(type)) return [type.MakeGenericType(typeof(SumOfSquares))];
        IEnumerable<Type[]> choices = [[]];
        foreach (var parameter in type.GetGenericArguments())
        {
            Type[] contracts = [.. parameter.GetGenericParameterConstraints().Where(constraint => constraint.IsInterface)];
            // what may be any element is moved bit by bit
            Type[] arguments = contracts.Length == 0
                ? Elements
                : [.. contracts.SelectMany(contract => contract == typeof(IUpdateRule) ? [typeof(Adapt)]
                    : contract == typeof(ITile) ? [typeof(Tile64)]
                    : Implementing(contract).SelectMany(Close))];
            Assert.True(arguments.Length > 0, $"{type.Name} has no argument for {parameter.Name}");
            choices = choices.SelectMany(_ => arguments, (before, argument) => (Type[])[.. before, argument]).ToArray();
        }
        return choices.Select(type.MakeGenericType);
    }

    /// <summary>An update rule with two remembered numbers; the house's own rules live to the right of this room.</summary>
    internal readonly struct Adapt(float rate) : IUpdateRule
    {
        public static int StateCount => 2;

        public void Step<S>(ref S weight, S gradient, ref S first, ref S second) where S : unmanaged, ILane<S>
        {
            first = S.FusedMultiplyAdd(S.Splat(0.1f), gradient - first, first);
            second = S.FusedMultiplyAdd(S.Splat(0.01f), gradient * gradient - second, second);
            weight -= S.Splat(rate) * first / (S.Sqrt(second) + S.Splat(1e-8f));
        }
    }
}
