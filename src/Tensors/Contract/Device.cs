namespace Graft.Tensors;

/// <summary>Where tensors live and kernels run: one small contract, a method a kernel family. Elementwise ops, epilogues,
/// reductions and update rules come in as type arguments, so a new one runs on every device.</summary>
/// <remarks>
/// Kernels overwrite their outputs. They trust their callers for shapes (the differentiable functions check them) and keep
/// these layouts: activations of rank 4 are [N, C, H, W] with channels innermost in memory ("channels last"), as is every
/// per-channel kernel's input of another rank (its axis 1, or the last of rank 2); outputs given to elementwise kernels are dense.
/// </remarks>
public abstract class Device
{
    /// <summary>For devices of other assemblies: a device keeps this contract and gives memory out.</summary>
    protected Device()
    {
    }

    /// <summary>The CPU with a worker a core; made at first use.</summary>
    public static Device Cpu => DefaultCpu.Instance;

    /// <summary>The device in words, for reports and error messages.</summary>
    public abstract string Name { get; }

    /// <summary>Where the parameters of a pass on this device lie: here, unless the device only records for another.</summary>
    public virtual Device Home => this;

    /// <summary>Memory of at least <paramref name="bytes"/>, from the pool; its contents are anything. The caller holds it once.</summary>
    public abstract DeviceMemory Rent(long bytes);

    /// <summary>A tensor of the given memory order; its contents are anything.</summary>
    public Tensor<T> Rent<T>(Shape shape, MemoryFormat format = MemoryFormat.Contiguous) where T : unmanaged =>
        Rent<T>(shape, Strides.Dense(shape, format));

    /// <summary>A tensor with dense strides of the caller's.</summary>
    public unsafe Tensor<T> Rent<T>(Shape shape, in Strides strides) where T : unmanaged =>
        new(Rent(Math.Max(1, shape.ElementCount) * sizeof(T)), shape, strides, owns: true);

    /// <summary>Copies host numbers into a contiguous tensor.</summary>
    public abstract void Upload<T>(ReadOnlySpan<T> source, Tensor<T> destination) where T : unmanaged;

    /// <summary>Copies a contiguous tensor to the host, after all work on it is done.</summary>
    public abstract void Download<T>(Tensor<T> source, Span<T> destination) where T : unmanaged;

    /// <summary>destination = source, element by element, through any strides of either, bit by bit.</summary>
    public abstract void Copy<T>(Tensor<T> source, Tensor<T> destination) where T : unmanaged;

    /// <summary>Every element = value; the tensor may have any strides.</summary>
    public abstract void Fill(Tensor<float> destination, float value);

    /// <summary>y = op(x). y is dense; x has any strides; x and y may be the same tensor.</summary>
    public abstract void Map<TOp>(TOp op, Tensor<float> x, Tensor<float> y) where TOp : unmanaged, IUnaryOp;

    /// <summary>dx = dy * op'(x, y). dx is dense; x and y are null where the op does not save them; dx may be dy.</summary>
    public abstract void MapBackward<TOp>(TOp op, Tensor<float> dy, Tensor<float>? x, Tensor<float>? y, Tensor<float> dx)
        where TOp : unmanaged, IUnaryOp;

    /// <summary>y = op(a, b), a and b broadcast to y's shape. y is dense; y may be a or b where their shapes agree.</summary>
    public abstract void Zip<TOp>(TOp op, Tensor<float> a, Tensor<float> b, Tensor<float> y) where TOp : unmanaged, IBinaryOp;

    /// <summary>The gradients of a and b at y's full shape, before any sum over broadcast axes; either may be null and is then
    /// not computed. a, b and y are null where the op does not save them.</summary>
    public abstract void ZipBackward<TOp>(
        TOp op, Tensor<float> dy, Tensor<float>? a, Tensor<float>? b, Tensor<float>? y, Tensor<float>? da, Tensor<float>? db)
        where TOp : unmanaged, IBinaryOp;

    /// <summary>y = scale * reduction of x over every axis on which y has length 1 and x has not, and over those that y has not: its
    /// axes are x's last ones. y is contiguous.</summary>
    public abstract void Reduce<TReduction>(Tensor<float> x, Tensor<float> y, float scale = 1f) where TReduction : struct, IReduction;

    /// <summary>c = epilogue(a b). a: [..., M, K], b: [..., K, N], c: [..., M, N]; leading axes of a and b broadcast to c's.
    /// a and b have any strides; c's rows are contiguous. residual: c's shape, rows
    /// contiguous, may be c. bias and scale: [N]; what the epilogue does not use may be null.</summary>
    public abstract void Gemm<TEpilogue>(
        TEpilogue epilogue, Tensor<float> a, Tensor<float> b, Tensor<float>? bias, Tensor<float>? residual, Tensor<float> c,
        Tensor<float>? scale = null)
        where TEpilogue : unmanaged, IEpilogue;

    /// <summary>matrix = weights [lines, depth], any strides, rounded as <see cref="WeightRounding"/> says; zeros in lines that fill up the last panel.</summary>
    public abstract void PackWeights(Tensor<float> weights, WeightMatrix matrix);

    /// <summary>weights = the numbers of a matrix, [lines, depth], contiguous.</summary>
    public abstract void UnpackWeights(WeightMatrix matrix, Tensor<float> weights);

    /// <summary>c = epilogue(a b^T), b a matrix of N lines of K weights whose numbers become single ones as they are read; a line's scale multiplies its sum.
    /// a: [M, K], c: [M, N], residual: c's shape, may be c; the rows of all are contiguous. bias: [N].
    /// The epilogue uses no scale; what it does not use may be null.</summary>
    public abstract void Gemm<TEpilogue>(
        TEpilogue epilogue, Tensor<float> a, WeightMatrix b, Tensor<float>? bias, Tensor<float>? residual, Tensor<float> c)
        where TEpilogue : unmanaged, IEpilogue;

    /// <summary>y = epilogue(x * weight). x: [N, C, H, W], y and residual: [N, O, OH, OW], all channels last, residual may be y;
    /// weight: [O, C / groups, KH, KW] with any strides; bias and scale: [O]; what the epilogue does not use may be null.</summary>
    public abstract void Conv2d<TEpilogue>(
        TEpilogue epilogue, Conv2dGeometry geometry, Tensor<float> x, Tensor<float> weight,
        Tensor<float>? bias, Tensor<float>? residual, Tensor<float> y, Tensor<float>? scale = null)
        where TEpilogue : unmanaged, IEpilogue;

    /// <summary>Refuses an epilogue one of whose operands is missing.</summary>
    /// <exception cref="ArgumentException">It uses a bias, a scale or a residual, and there is none.</exception>
    protected static void RequireOperands<TEpilogue>(Tensor<float>? bias, Tensor<float>? scale, Tensor<float>? residual)
        where TEpilogue : unmanaged, IEpilogue
    {
        if (TEpilogue.UsesBias && bias is null) Refuse("bias");
        if (TEpilogue.UsesScale && scale is null) Refuse("scale");
        if (TEpilogue.UsesResidual && residual is null) Refuse("residual");

        static void Refuse(string operand) => throw new ArgumentException($"the epilogue {typeof(TEpilogue).Name} uses a {operand}, and there is none");
    }

    /// <summary>dx = dy * weight, transposed. dx: [N, C, H, W], channels last.</summary>
    public abstract void Conv2dBackwardInput(Conv2dGeometry geometry, Tensor<float> dy, Tensor<float> weight, Tensor<float> dx);

    /// <summary>dweight = x * dy over all images and pixels. dweight: [O, C / groups, KH, KW] with any dense strides.</summary>
    public abstract void Conv2dBackwardWeight(Conv2dGeometry geometry, Tensor<float> x, Tensor<float> dy, Tensor<float> dweight);

    /// <summary>y = the largest of each window; indices = its position h * W + w in x's plane, the first of equals; null where
    /// nobody asks for it. Channels last.</summary>
    public abstract void MaxPool2d(Pool2dGeometry geometry, Tensor<float> x, Tensor<float> y, Tensor<int>? indices);

    /// <summary>dx = dy at the positions of the largest, summed.</summary>
    public abstract void MaxPool2dBackward(Pool2dGeometry geometry, Tensor<float> dy, Tensor<int> indices, Tensor<float> dx);

    /// <summary>y = the mean of each window. Channels last.</summary>
    public abstract void AveragePool2d(Pool2dGeometry geometry, Tensor<float> x, Tensor<float> y);

    /// <summary>dx = dy spread over each window.</summary>
    public abstract void AveragePool2dBackward(Pool2dGeometry geometry, Tensor<float> dy, Tensor<float> dx);

    /// <summary>The mean and the biased variance of each channel of x [N, C, ...] (channels last); mean, variance: [C].</summary>
    public abstract void ChannelStatistics(Tensor<float> x, Tensor<float> mean, Tensor<float> variance);

    /// <summary>y = epilogue(x - mean) with the scale inverseDeviation * weight, channel by channel: an epilogue that scales and adds
    /// the bias, so (x - mean) * inverseDeviation * weight + bias and what follows it. mean, inverseDeviation, weight and bias: [C]; y
    /// and residual have x's layout, and y may be either.</summary>
    public abstract void BatchNorm<TEpilogue>(
        TEpilogue epilogue, Tensor<float> x, Tensor<float> mean, Tensor<float> inverseDeviation, Tensor<float> weight, Tensor<float> bias,
        Tensor<float>? residual, Tensor<float> y)
        where TEpilogue : unmanaged, IEpilogue;

    /// <summary>With g = dy * op'(y), what comes back through the op behind the norm (one that saves no input; y is null where it saves
    /// nothing): dweight = sum g * (x - mean) * inverseDeviation, dbias = sum g, channel by channel.</summary>
    public abstract void BatchNormBackwardParameters<TOp>(
        TOp op, Tensor<float> dy, Tensor<float>? y, Tensor<float> x, Tensor<float> mean, Tensor<float> inverseDeviation,
        Tensor<float> dweight, Tensor<float> dbias)
        where TOp : unmanaged, IUnaryOp;

    /// <summary>dx through statistics of the batch: with g as above, n numbers a channel and h = (x - mean) * inverseDeviation,
    /// dx = weight * inverseDeviation * (g - dbias / n - h * dweight / n). Where dweight and dbias are null the statistics were
    /// stored ones and dx = weight * inverseDeviation * g. dresidual, if any, = g. One of dx and dresidual may be dy.</summary>
    public abstract void BatchNormBackwardInput<TOp>(
        TOp op, Tensor<float> dy, Tensor<float>? y, Tensor<float> x, Tensor<float> mean, Tensor<float> inverseDeviation, Tensor<float> weight,
        Tensor<float>? dweight, Tensor<float>? dbias, Tensor<float> dx, Tensor<float>? dresidual)
        where TOp : unmanaged, IUnaryOp;

    /// <summary>y = (x - mean) * inverseDeviation * weight + bias with the mean of each row and 1 / sqrt(biased variance + epsilon),
    /// which are left in mean and inverseDeviation. x and y: [..., C], contiguous; mean, inverseDeviation: as many numbers as rows;
    /// weight, bias: [C]; y may be x.</summary>
    public abstract void LayerNorm(
        Tensor<float> x, Tensor<float> weight, Tensor<float> bias, float epsilon,
        Tensor<float> mean, Tensor<float> inverseDeviation, Tensor<float> y);

    /// <summary>The gradients of LayerNorm: with g = dy * weight and h = (x - mean) * inverseDeviation,
    /// dx = inverseDeviation * (g - mean(g) - h * mean(g h)), dweight = the rows' sum of dy h, dbias = that of dy. What is null is not
    /// computed; dx may be dy.</summary>
    public abstract void LayerNormBackward(
        Tensor<float> dy, Tensor<float> x, Tensor<float> mean, Tensor<float> inverseDeviation, Tensor<float> weight,
        Tensor<float>? dx, Tensor<float>? dweight, Tensor<float>? dbias);

    /// <summary>y = x times 0 or 1 / (1 - probability), number by number as the mask says. x and y contiguous; y may be x. Of a
    /// gradient it is the backward.</summary>
    public abstract void Dropout(DropoutMask mask, Tensor<float> x, Tensor<float> y);

    /// <summary>Softmax over the last axis; log: its logarithm. x and y contiguous; y may be x.</summary>
    public abstract void Softmax(Tensor<float> x, Tensor<float> y, bool log);

    /// <summary>dx of softmax (or log-softmax) from its output y; dx may be dy.</summary>
    public abstract void SoftmaxBackward(Tensor<float> dy, Tensor<float> y, Tensor<float> dx, bool log);

    /// <summary>Cross-entropy of logits [R, C] with class numbers labels [R]: losses [R] and, for backward, normalisers
    /// [2, R]: each row's largest entry, and the logarithm of the row's sum of e^(entry - largest). With smoothing s the target is 1 - s on the label plus s / C on every class. A negative
    /// label marks a row that does not count: loss 0.</summary>
    public abstract void CrossEntropy(
        Tensor<float> logits, Tensor<int> labels, float smoothing, Tensor<float> losses, Tensor<float> normalisers);

    /// <summary>dlogits = (softmax - target) * dlosses[row]; 0 on rows that do not count.</summary>
    public abstract void CrossEntropyBackward(
        Tensor<float> logits, Tensor<int> labels, float smoothing, Tensor<float> normalisers, Tensor<float> dlosses, Tensor<float> dlogits);

    /// <summary>y = softmax(scale q k^T + mask + bias) v. q, y: [B, H, T, D], k, v: [B, G, S, D] with G heads that divide H, any strides
    /// with a last one of 1; query head h reads key head h / (H / G). Key s of sequence b counts where s &lt; lengths[b] (lengths [B] or
    /// null), its scores get keyBias[b, s] (keyBias [B, S], contiguous, or null) and bias[b, h, t, s] (bias [1 or B, 1 or H, 1 or T, S],
    /// any strides with a last one of 1, or null). logSumExp: [B, H, T], contiguous, for backward; null where there is none. A query
    /// that may look at no key gets zeros.</summary>
    public abstract void Attention(
        AttentionSettings settings, Tensor<float> q, Tensor<float> k, Tensor<float> v, Tensor<int>? lengths, Tensor<float>? keyBias,
        Tensor<float>? bias, Tensor<float> y, Tensor<float>? logSumExp);

    /// <summary>The gradients of Attention, of the shapes of q, k, v and bias; a key that does not count gets zeros. dbias is
    /// contiguous, or null where none is wanted.</summary>
    public abstract void AttentionBackward(
        AttentionSettings settings, Tensor<float> dy, Tensor<float> q, Tensor<float> k, Tensor<float> v, Tensor<int>? lengths,
        Tensor<float>? keyBias, Tensor<float>? bias, Tensor<float> y, Tensor<float> logSumExp,
        Tensor<float> dq, Tensor<float> dk, Tensor<float> dv, Tensor<float>? dbias);

    /// <summary>destination[b, :, positions[b] + t, :] = source[b, :, t, :], all else of the destination as it was: new keys and values
    /// into a cache. source: [B, H, T, D], destination: [B, H, S, D], any strides with a last one of 1; positions: [B]. A place outside
    /// 0 ... S - 1 is not written.</summary>
    public abstract void IndexCopy(Tensor<float> source, Tensor<int> positions, Tensor<float> destination);

    /// <summary>Of each head of a row [D], points (x[j], x[j + W / 2]), j &lt; W / 2, turned by the angle whose cosine and sine are cosines[p, j] and
    /// sines[p, j]: (c a - s b, c b + s a); inverse with -s. p = positions[r], or r modulo T without positions; numbers from W on are copied. x, y:
    /// [R, H D], cosines, sines: [P, W / 2], positions: [R] or null, all contiguous, y apart from x. A position outside the table is the caller's to refuse.</summary>
    public abstract void Rotate(
        RotarySettings settings, Tensor<float> x, Tensor<float> cosines, Tensor<float> sines, Tensor<int>? positions, Tensor<float> y);

    /// <summary>y[r] = table[indices[r]]. table: [V, D], indices: [R], y: [R, D], all contiguous. An index outside the table
    /// is the caller's to refuse.</summary>
    public abstract void Gather(Tensor<float> table, Tensor<int> indices, Tensor<float> y);

    /// <summary>y[r] = the line indices[r] of a matrix. indices: [R], y: [R, depth], contiguous. An index outside the matrix is the caller's to refuse.</summary>
    public abstract void Gather(WeightMatrix table, Tensor<int> indices, Tensor<float> y);

    /// <summary>dtable[v] = the sum of dy[r] over all r with indices[r] = v, in the order of r.</summary>
    public abstract void GatherBackward(Tensor<float> dy, Tensor<int> indices, Tensor<float> dtable);

    /// <summary>One optimiser step over a parameter's memory. All dense and of the weight's strides; first and second are null
    /// where the rule does not remember them.</summary>
    public abstract void Update<TRule>(TRule rule, Tensor<float> weight, Tensor<float> gradient, Tensor<float>? first, Tensor<float>? second)
        where TRule : unmanaged, IUpdateRule;

    /// <summary>Such a step over each of several parameters, whose memories are apart: what PyTorch calls foreach. A device on which every kernel has to be launched overrides it.</summary>
    public virtual void Update<TRule>(ReadOnlySpan<ParameterUpdate<TRule>> updates) where TRule : unmanaged, IUpdateRule
    {
        foreach (var update in updates) Update(update.Rule, update.Weight, update.Gradient, update.First, update.Second);
    }

    private static class DefaultCpu
    {
        public static readonly Device Instance = CpuDevice.MakeShared();
    }
}
