namespace Graft.Text;

/// <summary>What makes vectors near each other.</summary>
public enum VectorMetric
{
    /// <summary>The cosine of the angle between them; a vector of zeros has 0 with every other.</summary>
    Cosine,

    /// <summary>Their dot product.</summary>
    DotProduct,
}
