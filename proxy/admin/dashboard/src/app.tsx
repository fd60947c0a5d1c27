import { render } from 'preact';
import { useState } from 'preact/hooks';
import 'uplot/dist/uPlot.min.css';
import './styles.css';
import { followEvents } from './model/event_stream';
import { startAsking } from './model/live';
import { Bans, Pins } from './views/access';
import { ConfirmDialog, Notice, TokenDialog } from './views/dialogs';
import { Farms } from './views/farms';
import { Gateways } from './views/gateways';
import { Header } from './views/header';
import { Overview } from './views/overview';
import { Ports } from './views/ports';
import { SessionDetail } from './views/session_detail';
import { Sessions } from './views/sessions';

function App() {
  const [opened, setOpened] = useState<string | null>(null);
  return (
    <>
      <a class="skip" href="#main">
        Skip to the contents
      </a>
      <Header />
      <main id="main" tabIndex={-1}>
        <Overview />
        <div class="pair farms-and-ports">
          <Farms />
          <Ports />
        </div>
        <Sessions onOpen={setOpened} />
        <div class="pair">
          <Bans />
          <Pins />
        </div>
        <Gateways />
      </main>
      <SessionDetail id={opened} onClose={() => setOpened(null)} />
      <ConfirmDialog />
      <TokenDialog />
      <Notice />
    </>
  );
}

render(<App />, document.getElementById('app')!);
followEvents();
startAsking();
