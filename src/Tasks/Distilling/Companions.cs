using Graft.Transfer;

namespace Graft.Tasks;

/// <summary>The other networks of a fine-tuning, given back when it is over.</summary>
internal sealed record Companions(ImageTeacher? Teacher, ImageStart? Start, ImageTarget? Target, ElasticWeights? Elastic, JointTask? Joint) : IDisposable
{
    public void Dispose()
    {
        Teacher?.Dispose();
        Start?.Dispose();
        Target?.Dispose();
        Elastic?.Dispose();
        Joint?.Dispose();
    }
}
