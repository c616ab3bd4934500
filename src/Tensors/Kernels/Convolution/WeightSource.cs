namespace Graft.Tensors;

/// <summary>A weight [O, C, KH, KW] of any strides as an operand: lines step along one channel axis, the depth is (tap row,
/// tap column, other channel axis).</summary>
internal readonly unsafe struct WeightSource(
    float* start, nint lineStep, nint innerStep, int inner, int tapColumns, nint tapRowStep, nint tapColumnStep) : IPanelSource
{
    public void Pack(float* panel, int panelWidth, nint line, int lines, nint k0, int depth)
    {
        nint tap = k0 / inner;
        int channel = (int)(k0 - tap * inner);
        for (int k = 0; k < depth; k++, panel += panelWidth)
        {
            float* from = start + line * lineStep + tap / tapColumns * tapRowStep + tap % tapColumns * tapColumnStep + channel * innerStep;
            for (int i = 0; i < lines; i++) panel[i] = from[i * lineStep];
            for (int i = lines; i < panelWidth; i++) panel[i] = 0f;
            if (++channel < inner) continue;
            channel = 0;
            tap++;
        }
    }
}
