namespace Graft.Tensors.Gpu;

/// <summary>How exactly a card multiplies matrices and convolves, by PyTorch's names (<c>torch.set_float32_matmul_precision</c>). Sums are of single precision in all of them.</summary>
public enum MatrixPrecision
{
    /// <summary>Factors of single precision, by the card's ordinary units.</summary>
    Highest,

    /// <summary>Factors rounded to TensorFloat-32, 10 bits of fraction, for its tensor cores: errors of about 5e-4 of a factor.</summary>
    High,

    /// <summary>Factors rounded to bfloat16, 7 bits of fraction, for its tensor cores: errors of about 4e-3 of a factor.</summary>
    Medium,
}
