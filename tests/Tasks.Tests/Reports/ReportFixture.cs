using Graft.Tensors;

namespace Graft.Tasks.Tests;

/// <summary>The classes that look at the same reports.</summary>
[CollectionDefinition(nameof(ReportFixture))]
public sealed class ReportCollection : ICollectionFixture<ReportFixture>;

/// <summary>One report of pictures and one of texts, for all that look at them.</summary>
public sealed class ReportFixture : IDisposable
{
    private readonly CpuDevice device = new(1);

    public ReportFixture()
    {
        Pictures = TransferComparisonTests.PictureReport(Folder, device);
        Texts = TransferComparisonTests.TextReport(Folder, device);
    }

    internal TemporaryFolder Folder { get; } = new();

    internal Device Device => device;

    public TransferReport Pictures { get; }

    public TransferReport Texts { get; }

    public void Dispose()
    {
        device.Dispose();
        Folder.Dispose();
    }
}
