import { render } from 'preact';
import './styles.css';

render(<h1>Pinnace</h1>, document.getElementById('app')!);
