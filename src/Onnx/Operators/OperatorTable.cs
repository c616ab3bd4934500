using System.Diagnostics.CodeAnalysis;

namespace Graft.Onnx;

/// <summary>All operators that are known, a row each.</summary>
internal static class OperatorTable
{
    private static readonly Dictionary<(string Domain, string Name), Operator> ByName = All().ToDictionary(row => (row.Domain, row.Name));

    /// <summary>The names of all, those of other domains behind the domain.</summary>
    public static IEnumerable<string> Names => ByName.Keys.Select(key => key.Domain.Length == 0 ? key.Name : $"{key.Domain}.{key.Name}").Order(StringComparer.Ordinal);

    public static bool IsKnown(string domain, string name) => ByName.ContainsKey((domain, name));

    public static bool TryFind(string domain, string name, [NotNullWhen(true)] out Operator? found) => ByName.TryGetValue((domain, name), out found);

    public static Operator Find(GraphNode node) => ByName[(node.Domain, node.Type)];

    private static IEnumerable<Operator> All() =>
    [
        .. ArithmeticOperators.Rows, .. ActivationOperators.Rows, .. ComparisonOperators.Rows, .. ShapeOperators.Rows, .. JoinOperators.Rows,
        .. IndexOperators.Rows, .. ReductionOperators.Rows, .. ConvolutionOperators.Rows, .. PoolingOperators.Rows, .. NormalisationOperators.Rows,
        .. MatrixOperators.Rows, .. ConstantOperators.Rows, .. ControlOperators.Rows, .. RecurrentOperators.Rows,
        .. LossOperators.Rows, .. AttentionOperators.Rows, .. ResizeOperators.Rows, .. QuantisationOperators.Rows, .. OptimiserOperators.Rows,
        .. SequenceOperators.Rows, .. GeometryOperators.Rows, .. GridOperators.Rows, .. SpectrumOperators.Rows,
    ];
}
